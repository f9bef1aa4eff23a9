/** What client-go's users find on their dashboards: `workqueue_*`, by the same names, read when a scrape asks. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Now, in one queue. */
export interface QueueState {
  readonly depth: number;
  readonly dropped: number;
  readonly unfinishedMs: number;
  readonly longestMs: number;
}

/** Of one queue. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  took(waitedMs: number): void;
  worked(tookMs: number): void;
  /** `read` is called for each scrape. */
  watch(read: () => QueueState): void;
}

export interface WorkQueueMetrics {
  of(name: string): QueueMetrics;
}

const seconds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 300];

export function createWorkQueueMetrics(registry: Registry): WorkQueueMetrics {
  const registers = [registry];
  const labelNames = ['name', 'controller'] as const;
  const states = new Map<string, () => QueueState>();
  const gauge = (name: string, help: string, read: (state: QueueState) => number): Gauge<(typeof labelNames)[number]> =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [queue, state] of states) this.set({ name: queue, controller: queue }, read(state()));
      },
    });
  gauge('workqueue_depth', 'Keys that wait for their turn.', ({ depth }) => depth);
  gauge('workqueue_dropped_keys', 'Keys refused since the start because the queue was full.', ({ dropped }) => dropped);
  gauge(
    'workqueue_unfinished_work_seconds',
    'Seconds of work under way that is not yet in workqueue_work_duration_seconds.',
    ({ unfinishedMs }) => unfinishedMs / 1000,
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How long the longest work under way has been running.',
    ({ longestMs }) => longestMs / 1000,
  );
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys added.', labelNames, registers });
  const retries = new Counter({ name: 'workqueue_retries_total', help: 'Keys added again.', labelNames, registers });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long a key waited for its turn.',
    labelNames,
    buckets: seconds,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long the work on a key took.',
    labelNames,
    buckets: seconds,
    registers,
  });
  return {
    of: (name) => {
      const labels = { name, controller: name };
      // As client-go: a rate can be asked for before the first key.
      for (const counter of [adds, retries]) counter.inc(labels, 0);
      for (const histogram of [waited, worked]) histogram.zero(labels);
      return {
        added: () => adds.inc(labels),
        retried: () => retries.inc(labels),
        took: (waitedMs) => waited.observe(labels, waitedMs / 1000),
        worked: (tookMs) => worked.observe(labels, tookMs / 1000),
        watch: (read) => void states.set(name, read),
      };
    },
  };
}
