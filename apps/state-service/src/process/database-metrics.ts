/** What the pool of connections to the database says of itself, as metrics. */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { registerScrapedMetric } from '@sluice/runtime/scraped-metric.ts';
import type { DatabaseStats } from '../database/database.ts';

/** Adds the metrics to the registry. */
export function registerDatabaseMetrics(registry: MetricsRegistry, stats: () => DatabaseStats): void {
  registerScrapedMetric(registry, {
    name: 'sluice_state_database_connections',
    help: 'Connections to the database by state, and their maximum.',
    type: 'gauge',
    read: () => {
      const { open, idle, maximum } = stats();
      return [
        { labels: { state: 'used' }, value: open - idle },
        { labels: { state: 'idle' }, value: idle },
        { labels: { state: 'maximum' }, value: maximum },
      ];
    },
  });
  registerScrapedMetric(registry, {
    name: 'sluice_state_database_waiting',
    help: 'Operations in line for a connection to the database.',
    type: 'gauge',
    read: () => [{ labels: {}, value: stats().waiting }],
  });
  registerScrapedMetric(registry, {
    name: 'sluice_state_database_unavailable_total',
    help: 'Operations that the database failed, by reason.',
    type: 'counter',
    read: () => Object.entries(stats().unavailable).map(([reason, value]) => ({ labels: { reason }, value })),
  });
  registerScrapedMetric(registry, {
    name: 'sluice_state_database_commits_unknown_total',
    help: 'Changes of which it is not known whether they were made.',
    type: 'counter',
    read: () => [{ labels: {}, value: stats().commitsUnknown }],
  });
}
