/**
 * A metric whose values are kept elsewhere (the engine's counters, a Map) and read when a scrape asks. For values that
 * change thousands of times a second, where a library call for each change costs more than what it measures.
 */
import type { Gauge } from 'prom-client';
import type { MetricsRegistry } from './metrics.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** For the parts of a histogram: `<name>_bucket`, `<name>_sum`, `<name>_count`. */
  readonly metricName?: string;
}

export interface ScrapedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Called for each scrape; must not throw. */
  read(): readonly Sample[];
}

/** Adds the metric to the registry; throws if its name is taken. */
export function registerScrapedMetric(registry: MetricsRegistry, metric: ScrapedMetric): void {
  const { name, help, type } = metric;
  const registered = {
    name,
    help,
    type,
    get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: metric.read() }),
    reset: () => {},
  };
  // The registry calls `name`, `get` and `reset` of what it holds, and nothing else; its type asks for one of its classes.
  registry.registerMetric(registered as unknown as Gauge);
}
