/**
 * The REST interface as a Fastify application: the order in which a request is named, authenticated, read, judged and worked
 * on, and the one place where errors become answers. The routes themselves are in routes/.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import type { FastifyRequest } from 'fastify';
import { type ApplicationConfig, createApplication, docsPath } from './application.ts';
import { createAuthentication } from './authentication.ts';
import { readJsonBody } from './json-body.ts';
import { openApiOptions } from './openapi-document.ts';
import { ProblemError } from './problem-error.ts';
import { createRateLimits } from './rate-limits.ts';
import { publicAccess, type StateApp } from './request-context.ts';
import type { RequestGate } from './request-gate.ts';
import { registerAclRuleRoutes } from './routes/acl-rule-routes.ts';
import { registerApiKeyRoutes } from './routes/api-key-routes.ts';
import { registerAuditRoutes } from './routes/audit-routes.ts';
import { registerCredentialRoutes } from './routes/credential-routes.ts';
import { registerExportRoutes } from './routes/export-routes.ts';
import { registerGroupRoutes } from './routes/group-routes.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import { registerImportRoutes } from './routes/import-routes.ts';
import { registerQuotaRoutes } from './routes/quota-routes.ts';
import { registerRolloutRoutes } from './routes/rollout-routes.ts';
import { registerUserRoutes } from './routes/user-routes.ts';
import { registerUserSpecRoutes } from './routes/user-spec-routes.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import type { StateApiBounds, StateApiDeps } from './state-api-deps.ts';

export interface StateApiConfig extends ApplicationConfig {
  /** Whether /healthz, /readyz and /metrics are here, and not on a listener of their own. */
  readonly hasHealthRoutes: boolean;
}

/** The page's own files and nothing else; no upgrade to HTTPS, which would break it where there is none. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The application, not yet listening. */
export async function createStateApi(
  config: StateApiConfig,
  deps: StateApiDeps,
  registry: MetricsRegistry,
): Promise<StateApp> {
  const { gate, metrics } = deps;
  const app = createApplication(config, deps);
  useJsonBodies(app, config.bounds);
  const limits = await createRateLimits(app, config.bounds, metrics);
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (deps.isPrepared() || access === undefined || access.kind === 'Public') return;
    throw new ProblemError('database-unavailable', {
      detail: 'The database is not prepared yet: the service has just been started',
      headers: { 'retry-after': '2' },
    });
  });
  app.addHook('onRequest', createAuthentication({ ...deps, limits }));
  useGate(app, gate, metrics);
  await app.register(swagger, openApiOptions(deps.version));
  await app.register(swaggerUi, { routePrefix: docsPath, staticCSP: docsPolicy });
  registerRoutes(app, config.bounds, deps);
  if (config.hasHealthRoutes) registerHealthRoutes(app, { readiness: deps.readiness, registry });
  app.get('/openapi.json', { config: publicAccess, schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
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

/** After the body is there: a client that sends slowly takes no place from others. */
function useGate(app: StateApp, gate: RequestGate, metrics: ServiceMetrics): void {
  app.addHook('preHandler', async (request, reply) => {
    if (request.apiKey === null) return;
    // Nobody waits for the answer any more, and nothing would tell of the end of the work.
    if (reply.raw.closed) {
      reply.hijack();
      return;
    }
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
  registerUserSpecRoutes(app, deps);
  registerRolloutRoutes(app, deps);
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
