/** What the operator counts of its own: `sluice_operator_*`. No label holds a value that a client chooses. */
import type { PublisherStatus } from '@sluice/live-config/publisher/publisher-port.ts';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { registerScrapedMetric } from '@sluice/runtime/scraped-metric.ts';
import { Counter } from 'prom-client';

export interface RoutingMetrics {
  wroteStatus(kind: string, result: string): void;
}

/** `read`: null while this process does not publish. */
export function createRoutingMetrics(registry: MetricsRegistry, read: () => PublisherStatus | null): RoutingMetrics {
  const gauge = (name: string, help: string, value: (status: PublisherStatus) => number): void => {
    registerScrapedMetric(registry, {
      name: `sluice_operator_${name}`,
      help,
      type: 'gauge',
      read: () => {
        const status = read();
        return status === null ? [] : [{ labels: {}, value: value(status) }];
      },
    });
  };
  gauge('published_resources', 'Routes and listeners that the last head counts in.', ({ count }) => count);
  gauge('publish_epoch', 'The epoch of this publisher.', ({ epoch }) => epoch);
  gauge('publish_revision', 'The revision of the last head.', ({ revision }) => revision);
  gauge('publish_waiting', 'Changes that no head counts in yet.', ({ waiting }) => waiting);
  gauge('publishing', '1: this publisher has the range and has compared it.', ({ phase }) =>
    phase === 'Publishing' ? 1 : 0,
  );
  gauge('live_proxies', 'Proxies that acknowledged lately.', ({ liveProxies }) => liveProxies);
  registerScrapedMetric(registry, {
    name: 'sluice_operator_publisher_events_total',
    help: 'What happened to this publisher, by kind.',
    type: 'counter',
    read: () => Object.entries(read()?.counters ?? {}).map(([kind, value]) => ({ labels: { kind }, value })),
  });
  const statuses = new Counter({
    name: 'sluice_operator_statuses_total',
    help: 'Statuses that were looked at, by what came of it.',
    labelNames: ['kind', 'result'],
    registers: [registry],
  });
  return { wroteStatus: (kind, result) => statuses.inc({ kind, result }) };
}
