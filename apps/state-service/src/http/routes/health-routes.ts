/**
 * /healthz, /readyz and /metrics: for machines that watch the process. No key, no limits, no gate: they answer when nothing
 * else does. Ready means that the database answers and has the schema; never that NATS is there.
 */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { Type } from 'typebox';
import { publicAccess, type StateApp } from '../request-context.ts';
import type { Readiness } from '../state-api-deps.ts';

const healthSchema = Type.Object(
  {
    status: Type.Enum(['Ok', 'Ready', 'NotReady'], { type: 'string', description: 'How it is.' }),
    reason: Type.Optional(Type.String({ description: 'Why it is not ready.' })),
  },
  { additionalProperties: false },
);
const body = { 'application/json': { schema: healthSchema } };
const tags = ['health'];
const security: readonly Record<string, readonly string[]>[] = [];

export interface HealthSources {
  readonly readiness: () => Promise<Readiness>;
  readonly registry: MetricsRegistry;
}

export function registerHealthRoutes(app: StateApp, { readiness, registry }: HealthSources): void {
  app.get(
    '/healthz',
    {
      config: publicAccess,
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the process works',
        tags,
        security,
        response: { 200: { description: 'It does.', content: body } },
      },
    },
    () => ({ status: 'Ok' as const }),
  );
  app.get(
    '/readyz',
    {
      config: publicAccess,
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether requests are served: the database answers and its schema is current',
        tags,
        security,
        response: {
          200: { description: 'They are.', content: body },
          503: { description: 'They are not, or not for long.', content: body },
        },
      },
    },
    async (_request, reply) => {
      const ready = await readiness();
      if (ready.isReady) return { status: 'Ready' as const };
      return reply.code(503).send({ status: 'NotReady' as const, reason: ready.reason });
    },
  );
  app.get(
    '/metrics',
    {
      config: publicAccess,
      schema: {
        operationId: 'getMetrics',
        summary: "Metrics in Prometheus' text format",
        tags,
        security,
        response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}
