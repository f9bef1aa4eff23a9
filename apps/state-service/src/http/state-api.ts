/**
 * The REST interface as a Fastify application: the order in which a request is named, authenticated, read, judged and worked
 * on, and the one place where errors become answers. The routes themselves are in routes/.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { createAuthentication } from './authentication.ts';
import { readJsonBody } from './json-body.ts';
import { openApiOptions } from './openapi-document.ts';
import { PathMethods } from './path-methods.ts';
import { problemBody, problemOf } from './problem-answer.ts';
import { ProblemError } from './problem-error.ts';
import { createRateLimits } from './rate-limits.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { publicAccess, type StateApp } from './request-context.ts';
import { createRequestGate, type RequestGate } from './request-gate.ts';
import { createRequestValidator, type RequestPart } from './request-validator.ts';
import { registerAclRuleRoutes } from './routes/acl-rule-routes.ts';
import { registerApiKeyRoutes } from './routes/api-key-routes.ts';
import { registerAuditRoutes } from './routes/audit-routes.ts';
import { registerCredentialRoutes } from './routes/credential-routes.ts';
import { registerExportRoutes } from './routes/export-routes.ts';
import { registerGroupRoutes } from './routes/group-routes.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import { registerImportRoutes } from './routes/import-routes.ts';
import { registerQuotaRoutes } from './routes/quota-routes.ts';
import { registerUserRoutes } from './routes/user-routes.ts';
import { createServiceMetrics, type ServiceMetrics } from './service-metrics.ts';
import type { StateApiBounds, StateApiDeps } from './state-api-deps.ts';

export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface StateApiConfig {
  readonly bounds: StateApiBounds;
  readonly tls: TlsIdentity | null;
}

const maxHeaderBytes = 16 * 1024;
/** Of a whole request: an import of the largest size over a slow line. */
const requestTimeoutMs = 300_000;
const headersTimeoutMs = 10_000;
const keepAliveTimeoutMs = 65_000;
/** A name of 255 bytes, each as %XX. */
const maxParamLength = 1024;
const clientRequestId = /^[A-Za-z0-9._-]{1,64}$/;
const docsPath = '/docs';
/** The page's own files and nothing else; no upgrade to HTTPS, which would break it where there is none. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The application, not yet listening. */
export async function createStateApi(
  config: StateApiConfig,
  deps: StateApiDeps,
  registry: MetricsRegistry,
): Promise<StateApp> {
  const gate = createRequestGate(config.bounds.maxActiveRequests);
  const metrics = createServiceMetrics(registry, { activeRequests: () => gate.active });
  const app = createApplication(config);
  const paths = new PathMethods();
  useSchemas(app);
  useJsonBodies(app, config.bounds);
  observeRequests(app, deps, metrics);
  useProblems(app, deps, paths);
  const limits = await createRateLimits(app, config.bounds, metrics);
  app.addHook('onRequest', createAuthentication({ ...deps, limits, metrics }));
  useGate(app, gate, metrics);
  await app.register(swagger, openApiOptions(deps.version));
  await app.register(swaggerUi, { routePrefix: docsPath, staticCSP: docsPolicy });
  registerRoutes(app, config.bounds, deps);
  registerHealthRoutes(app, { readiness: deps.readiness, registry });
  app.get('/openapi.json', { config: publicAccess, schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
}

function createApplication({ bounds, tls }: StateApiConfig): StateApp {
  return fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    bodyLimit: bounds.maxImportBytes,
    routerOptions: { maxParamLength, caseSensitive: true },
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && clientRequestId.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(reply, problemOf(error), request.id);
    },
    serverFactory: (handler) => createHttpServer(handler, bounds, tls),
  }).withTypeProvider<TypeBoxTypeProvider>();
}

function createHttpServer(handler: RequestListener, bounds: StateApiBounds, tls: TlsIdentity | null): Server {
  const options = {
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout: headersTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Responses are whole; only imports and exports stream, and those set their own pace.
    noDelay: true,
  };
  const server = tls === null ? createServer(options, handler) : createTlsServer({ ...options, ...tls }, handler);
  server.maxConnections = bounds.maxConnections;
  server.on('clientError', answerBrokenRequest);
  return server;
}

function useSchemas(app: StateApp): void {
  const parts: Readonly<Record<string, RequestPart>> = {
    body: 'body',
    headers: 'header',
    params: 'path',
    querystring: 'query',
  };
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) =>
    createRequestValidator(schema, parts[httpPart ?? 'body'] ?? 'body'),
  );
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
}

function useJsonBodies(app: StateApp, bounds: StateApiBounds): void {
  const body = { maxBytes: bounds.maxBodyBytes, timeoutMs: bounds.bodyTimeoutMs };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], async (request: FastifyRequest) => {
    const { bytes, value } = await readJsonBody(request.raw, body);
    request.bodyBytes = bytes;
    return value;
  });
}

function useProblems(app: StateApp, { logger }: StateApiDeps, paths: PathMethods): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    paths.add(url, [method].flat());
    if (config?.access === undefined && !url.startsWith(docsPath)) {
      throw new Error(`route ${url} does not say who may call it`);
    }
  });
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw unknownAddress(request, paths);
  });
  app.setNotFoundHandler((request) => {
    throw unknownAddress(request, paths);
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.statusCode >= 500) {
      const level = problem.kind === 'internal' ? 'error' : 'warn';
      logger[level]('request failed', {
        requestId: request.id,
        problem: problem.kind,
        error: problem.cause ?? problem,
      });
    }
    return sendProblem(reply, problem, request.id);
  });
}

function unknownAddress(request: FastifyRequest, paths: PathMethods): ProblemError {
  const methods = paths.of(request.url.split('?', 1)[0] ?? '');
  if (methods.length === 0) {
    return new ProblemError('not-found', { detail: 'There is nothing at this address; see /openapi.json' });
  }
  const allow = methods.join(', ');
  return new ProblemError('method-not-allowed', { detail: `This address supports ${allow}`, headers: { allow } });
}

function sendProblem(reply: FastifyReply, problem: ProblemError, requestId: string): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers({ ...problem.headers, 'x-request-id': requestId })
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemBody(problem, requestId)));
}

/** One line and one count for each request, also for those whose client went away. */
function observeRequests(app: StateApp, { logger, isDraining }: StateApiDeps, metrics: ServiceMetrics): void {
  app.decorateRequest('apiKey', null);
  app.decorateRequest('bodyBytes', null);
  app.decorateRequest('arrivedAtMs', 0);
  app.addHook('onRequest', async (request, reply) => {
    request.arrivedAtMs = performance.now();
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (isDraining()) reply.header('connection', 'close');
    reply.raw.once('close', () => {
      const route = request.routeOptions.url ?? 'Unknown';
      const durationMs = Math.round((performance.now() - request.arrivedAtMs) * 1000) / 1000;
      const status = reply.raw.headersSent ? reply.raw.statusCode : 499;
      const { method } = request;
      metrics.observeRequest({ route, method, status, durationMs });
      const { access } = request.routeOptions.config;
      if (access?.kind === 'Public' && status < 500) return;
      logger.info('request', {
        requestId: request.id,
        method,
        route,
        path: request.url.split('?', 1)[0],
        status,
        durationMs,
        keyId: request.apiKey?.id ?? null,
        client: request.apiKey?.client ?? null,
        address: request.ip,
      });
    });
  });
}

/** After the body is there: a client that sends slowly takes no place from others. */
function useGate(app: StateApp, gate: RequestGate, metrics: ServiceMetrics): void {
  app.addHook('preHandler', async (request, reply) => {
    if (request.apiKey === null) return;
    if (!gate.enter()) {
      metrics.countOverload();
      throw new ProblemError('overloaded', {
        detail: 'Too many requests are being worked on; try again in a second',
        headers: { 'retry-after': '1' },
      });
    }
    reply.raw.once('close', () => gate.leave());
  });
}

function registerRoutes(app: StateApp, bounds: StateApiBounds, deps: StateApiDeps): void {
  registerUserRoutes(app, deps);
  registerCredentialRoutes(app, deps);
  registerGroupRoutes(app, deps);
  registerAclRuleRoutes(app, deps);
  registerQuotaRoutes(app, deps);
  registerApiKeyRoutes(app, deps);
  registerAuditRoutes(app, deps);
  registerExportRoutes(app, deps);
  app.register(async (scope) => {
    registerImportRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), deps, bounds);
  });
}
