/** All metric families of the machinery, once for a registry: a name can be registered only once. */
import type { Registry } from 'prom-client';
import { type ClientMetrics, createClientMetrics } from './client/client-metrics.ts';
import { type ControllerMetrics, createControllerMetrics } from './controller/controller-metrics.ts';
import { createElectionMetrics, type ElectionMetrics } from './election/election-metrics.ts';
import { createEventMetrics, type EventMetrics } from './events/event-metrics.ts';
import { createWorkQueueMetrics, type WorkQueueMetrics } from './queue/work-queue-metrics.ts';
import { createReflectorMetrics, type ReflectorMetrics } from './reflector/reflector-metrics.ts';

export interface KubeMetrics {
  readonly client: ClientMetrics;
  readonly reflector: ReflectorMetrics;
  readonly queue: WorkQueueMetrics;
  readonly controller: ControllerMetrics;
  readonly election: { of(name: string): ElectionMetrics };
  readonly events: EventMetrics;
}

export function createKubeMetrics(registry: Registry): KubeMetrics {
  return {
    client: createClientMetrics(registry),
    reflector: createReflectorMetrics(registry),
    queue: createWorkQueueMetrics(registry),
    controller: createControllerMetrics(registry),
    election: createElectionMetrics(registry),
    events: createEventMetrics(registry),
  };
}
