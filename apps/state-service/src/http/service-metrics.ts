/** What the service counts about its own answers: `sluice_state_*`. No label holds a value that a client chooses. */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { RefusalReason } from '../api-keys/api-key-authenticator.ts';

export interface AnsweredRequest {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

export type AuthenticationRefusal = RefusalReason | 'Missing' | 'NotAllowed';
export type RateLimitName = 'Address' | 'Key' | 'FailedAuthentications';

export interface ServiceMetrics {
  observeRequest(request: AnsweredRequest): void;
  countRefusal(reason: AuthenticationRefusal): void;
  countRateLimited(limit: RateLimitName): void;
  countOverload(): void;
}

const knownMethods: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

export interface ServiceMetricsSources {
  /** Requests that are worked on now. */
  readonly activeRequests: () => number;
}

/** Adds the metrics to the registry. */
export function createServiceMetrics(registry: MetricsRegistry, sources: ServiceMetricsSources): ServiceMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'sluice_state_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'sluice_state_request_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['route', 'method'],
    buckets,
    registers,
  });
  const refusals = new Counter({
    name: 'sluice_state_auth_refusals_total',
    help: 'Requests whose API key was missing, not valid or not allowed to do what was asked.',
    labelNames: ['reason'],
    registers,
  });
  const limited = new Counter({
    name: 'sluice_state_rate_limited_total',
    help: 'Requests refused because there were too many.',
    labelNames: ['limit'],
    registers,
  });
  const overload = new Counter({
    name: 'sluice_state_overload_refusals_total',
    help: 'Requests refused because too many were being worked on.',
    registers,
  });
  const active: Gauge = new Gauge({
    name: 'sluice_state_requests_active',
    help: 'Requests that are being worked on.',
    registers,
    collect(): void {
      active.set(sources.activeRequests());
    },
  });
  return {
    observeRequest({ route, method: given, status, durationMs }) {
      const method = knownMethods.has(given) ? given : 'OTHER';
      requests.inc({ route, method, status });
      seconds.observe({ route, method }, durationMs / 1000);
    },
    countRefusal: (reason) => refusals.inc({ reason }),
    countRateLimited: (limit) => limited.inc({ limit }),
    countOverload: () => overload.inc(),
  };
}
