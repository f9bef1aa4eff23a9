/** Whether the state service answers the operator, as a metric. */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { registerScrapedMetric } from '@sluice/runtime/scraped-metric.ts';

/** `read`: null while this process does not ask it. */
export function registerStateAvailability(registry: MetricsRegistry, read: () => boolean | null): void {
  registerScrapedMetric(registry, {
    name: 'sluice_operator_state_service_available',
    help: '1: the state service answers; 0: ProxyUsers wait for it.',
    type: 'gauge',
    read: () => {
      const isAvailable = read();
      return isAvailable === null ? [] : [{ labels: {}, value: isAvailable ? 1 : 0 }];
    },
  });
}
