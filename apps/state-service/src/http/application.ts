/**
 * A Fastify application as every listener of the service has it: bounds of the HTTP server, our judge of requests, problems for
 * errors, one line and one count for each request. Which routes there are is not its matter.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Logger } from '@sluice/runtime/logger.ts';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { answerBrokenRequest } from './broken-request.ts';
import { PathMethods } from './path-methods.ts';
import { problemBody, problemOf } from './problem-answer.ts';
import { ProblemError } from './problem-error.ts';
import type { StateApp } from './request-context.ts';
import { createRequestValidator, type RequestPart } from './request-validator.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import type { StateApiBounds } from './state-api-deps.ts';

export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface ApplicationConfig {
  readonly bounds: StateApiBounds;
  readonly tls: TlsIdentity | null;
}

export interface ApplicationDeps {
  readonly logger: Logger;
  readonly metrics: ServiceMetrics;
  readonly isDraining: () => boolean;
}

const maxHeaderBytes = 16 * 1024;
/** Of a whole request: an import of the largest size over a slow line. */
const requestTimeoutMs = 300_000;
const headersTimeoutMs = 10_000;
const keepAliveTimeoutMs = 65_000;
/** A name of 255 bytes, each as %XX. */
const maxParamLength = 1024;
const clientRequestId = /^[A-Za-z0-9._-]{1,64}$/;
/** Below it, the routes of the plugin that shows the document. */
export const docsPath = '/docs';

/** An application without routes. */
export function createApplication(config: ApplicationConfig, deps: ApplicationDeps): StateApp {
  const app = createBareApplication(config);
  useSchemas(app);
  observeRequests(app, deps);
  useProblems(app, deps, new PathMethods());
  return app;
}

function createBareApplication({ bounds, tls }: ApplicationConfig): StateApp {
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

function useProblems(app: StateApp, { logger }: ApplicationDeps, paths: PathMethods): void {
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
function observeRequests(app: StateApp, { logger, isDraining, metrics }: ApplicationDeps): void {
  app.decorateRequest('apiKey', null);
  app.decorateRequest('bodyBytes', null);
  app.decorateRequest('arrivedAtMs', 0);
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining()) reply.header('connection', 'close');
  });
  app.addHook('onRequest', async (request, reply) => {
    request.arrivedAtMs = performance.now();
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
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
