/** How many events were written, and how many were not. */
import { Counter, type Registry } from 'prom-client';

export type EventLoss = 'Spam' | 'QueueFull' | 'Refused' | 'Failed' | 'Closed';

export interface EventMetrics {
  written(): void;
  lost(reason: EventLoss): void;
}

export function createEventMetrics(registry: Registry): EventMetrics {
  const registers = [registry];
  const written = new Counter({
    name: 'kube_events_written_total',
    help: 'Events created, and counts of repeated ones written.',
    registers,
  });
  const lost = new Counter({
    name: 'kube_events_lost_total',
    help: 'Events that were not written, by reason.',
    labelNames: ['reason'],
    registers,
  });
  return { written: () => written.inc(), lost: (reason) => lost.inc({ reason }) };
}
