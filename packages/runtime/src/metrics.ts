/**
 * The metrics registry of a process, with what every Node process exports (`process_*`, `nodejs_*`). An app adds its own;
 * nothing here is global, so that two registries in one process (tests) do not meet.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

/** 10 ms, the library's default, would wake an idle process a hundred times a second. */
const eventLoopPrecisionMs = 100;

export type MetricsRegistry = Registry;

/** Makes a registry; `registry.metrics()` gives the text format and `registry.contentType` its media type. */
export function createMetricsRegistry(): MetricsRegistry {
  const registry: MetricsRegistry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });
  return registry;
}
