/** What client-go's users find on their dashboards: `rest_client_*`, by the same names and labels. */
import { Counter, Histogram, type Registry } from 'prom-client';

export interface RequestLabels {
  readonly verb: string;
  readonly host: string;
}

export interface ClientMetrics {
  /** `code` is the HTTP status, or `<error>`. */
  answered(labels: RequestLabels, code: string, tookMs: number): void;
  waitedForTurn(labels: RequestLabels, waitedMs: number): void;
  repeated(labels: RequestLabels, code: string): void;
  /** An answer was larger than allowed. */
  tooLarge(labels: RequestLabels): void;
}

const latencySeconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export function createClientMetrics(registry: Registry): ClientMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server, by status code (or <error>), method and host.',
    labelNames: ['code', 'method', 'host'],
    registers,
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time from sending a request to the API server until its answer was there; of a watch, until it began.',
    labelNames: ['verb', 'host'],
    buckets: latencySeconds,
    registers,
  });
  const turn = new Histogram({
    name: 'rest_client_rate_limiter_duration_seconds',
    help: 'Time that requests to the API server waited for their turn in the own rate limit.',
    labelNames: ['verb', 'host'],
    buckets: latencySeconds,
    registers,
  });
  const retries = new Counter({
    name: 'rest_client_request_retries_total',
    help: 'Requests to the API server that were repeated, by what was answered before.',
    labelNames: ['code', 'verb', 'host'],
    registers,
  });
  const tooLarge = new Counter({
    name: 'rest_client_answers_too_large_total',
    help: 'Answers of the API server that were larger than allowed, and given up.',
    labelNames: ['verb', 'host'],
    registers,
  });
  return {
    answered: ({ verb, host }, code, tookMs) => {
      requests.inc({ code, method: verb, host });
      duration.observe({ verb, host }, tookMs / 1000);
    },
    waitedForTurn: (labels, waitedMs) => turn.observe({ ...labels }, waitedMs / 1000),
    repeated: (labels, code) => retries.inc({ ...labels, code }),
    tooLarge: (labels) => tooLarge.inc({ ...labels }),
  };
}
