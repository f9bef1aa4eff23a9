/** The parts of packages/kube that the operator is made of, on one registry of metrics: one client, one set of metrics for each part. */
import { createHttpKubeClient } from '@sluice/kube/client/http-kube-client.ts';
import type { KubeConfigSource } from '@sluice/kube/client/kube-config-source.ts';
import { createController } from '@sluice/kube/controller/create-controller.ts';
import { createEventRecorder } from '@sluice/kube/events/create-event-recorder.ts';
import { createKubeMetrics, type KubeMetrics } from '@sluice/kube/kube-metrics.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { Controller, Reconcile } from '@sluice/kube/port/controller.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import type { Indexer, Informer } from '@sluice/kube/port/informer.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import { createInformer } from '@sluice/kube/reflector/create-informer.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';

export interface MachineryConfig {
  readonly source: KubeConfigSource;
  readonly requestsPerSecond: number;
  readonly version: string;
  /** Of this run of the process. */
  readonly identity: string;
  readonly namespaces: readonly string[] | null;
}

export interface MachineryDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: MetricsRegistry;
}

export interface Watched<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly indexers?: Readonly<Record<string, Indexer<T>>>;
  /** What is kept of an object. */
  readonly transform?: (object: T) => T;
  /** The cluster may not have the kind. */
  readonly absentIsEmpty?: boolean;
}

export interface Loop {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly maxConcurrent: number;
  readonly allKeys: () => Iterable<string>;
}

export interface KubeMachinery {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly metrics: KubeMetrics;
  informer<T extends KubeObject>(watched: Watched<T>): Informer<T>;
  controller(loop: Loop): Controller;
}

/** A watch that fails is tried again for ever; who reads the log has to hear of it, and not each time. */
const tellEveryMs = 60_000;
/** Keys of one controller: as many objects as there may be, and some. */
const maxKeys = 200_000;

export function createKubeMachinery(config: MachineryConfig, deps: MachineryDeps): KubeMachinery {
  const { source, requestsPerSecond, version, identity, namespaces } = config;
  const { clock, logger, registry } = deps;
  const metrics = createKubeMetrics(registry);
  const client = createHttpKubeClient(
    { source, userAgent: `sluice-operator/${version}`, qps: requestsPerSecond, burst: requestsPerSecond * 2 },
    { clock, metrics: metrics.client },
  );
  const events = createEventRecorder(
    { controller: 'sluice.dev/operator', instance: identity.slice(0, 128) },
    { client, clock, metrics: metrics.events },
  );
  return {
    client,
    events,
    metrics,
    informer: (watched) =>
      createInformer(
        { ...watched, namespaces },
        { ...{ client, clock, metrics: metrics.reflector }, onError: tellOfFailures(watched.resource, deps) },
      ),
    controller: ({ name, reconcile, maxConcurrent, allKeys }) =>
      createController(
        { name, maxConcurrent, queue: { maxKeys } },
        {
          ...{ clock, reconcile, allKeys, queueMetrics: metrics.queue, metrics: metrics.controller },
          onFailure: ({ key, error, failures, isPanic }) =>
            logger[isPanic ? 'error' : 'warn']('reconciling failed', { controller: name, key, error, failures }),
        },
      ),
  };
}

function tellOfFailures({ plural }: Resource, { clock, logger }: MachineryDeps): (error: unknown) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = clock.nowMs();
    const isDue = nowMs - toldMs >= tellEveryMs;
    if (isDue) toldMs = nowMs;
    logger[isDue ? 'warn' : 'debug']('watching failed', { resource: plural, error });
  };
}
