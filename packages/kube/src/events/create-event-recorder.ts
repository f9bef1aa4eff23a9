/**
 * Writes events in the background, one at a time and at a bounded rate. Events are news, no state: what cannot be written after
 * some attempts is lost and counted.
 */
import { delay } from '../clock/delay.ts';
import { microTime } from '../election/lease.ts';
import { TokenBucket } from '../pace/token-bucket.ts';
import type { Clock } from '../port/clock.ts';
import type { EventRecorder, ObjectEvent } from '../port/event-recorder.ts';
import type { KubeClient } from '../port/kube-client.ts';
import { KubeApiError } from '../port/kube-error.ts';
import type { ObjectMeta } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';
import type { EventMetrics } from './event-metrics.ts';
import {
  boundedEvent,
  eventName,
  eventNamespace,
  eventObject,
  eventResource,
  type Regarded,
  type Reporter,
} from './event-object.ts';
import { EventSeries, type Series } from './event-series.ts';

export interface EventRecorderDeps {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly metrics: EventMetrics;
}

interface KeptEvent {
  readonly regarded: Regarded;
  readonly event: ObjectEvent;
  readonly wallMs: number;
}

type Write = (signal: AbortSignal) => Promise<unknown>;

const limits = { maxSeries: 4096, endsAfterMs: 360_000, writeEveryMs: 60_000, burst: 25, refillSeconds: 300 };
const lookEveryMs = 15_000;
const maxQueued = 1000;
const writesPerSecond = 5;
const writesBurst = 50;
const maxAttempts = 4;
const retryMs = 1_000;

export function createEventRecorder(reporter: Reporter, deps: EventRecorderDeps): EventRecorder {
  return new SeriesRecorder(reporter, deps);
}

class SeriesRecorder implements EventRecorder {
  readonly #reporter: Reporter;
  readonly #deps: EventRecorderDeps;
  readonly #series = new EventSeries<KeptEvent>(limits);
  readonly #rate: TokenBucket;
  readonly #queue: Write[] = [];
  readonly #ending = new AbortController();
  #writing: Promise<void> | null = null;
  #cancelLook: (() => void) | null = null;
  #isClosed = false;

  constructor(reporter: Reporter, deps: EventRecorderDeps) {
    this.#reporter = reporter;
    this.#deps = deps;
    this.#rate = new TokenBucket(writesPerSecond, writesBurst, deps.clock.nowMs());
  }

  record(resource: Resource, meta: ObjectMeta, given: ObjectEvent): void {
    if (this.#isClosed) return;
    const { clock, metrics } = this.#deps;
    const regarded = { resource, meta };
    const event = boundedEvent(given);
    const wallMs = clock.wallMs();
    const object = JSON.stringify([resource.kind, meta.namespace, meta.name, meta.uid]);
    const key = `${object}${JSON.stringify([event.type, event.reason, event.action, event.note])}`;
    const name = eventName(regarded, this.#suffix(wallMs));
    const recorded = this.#series.record({ key, object, event: { regarded, event, wallMs }, name }, clock.nowMs());
    if (recorded.kind === 'Dropped') metrics.lost('Spam');
    if (recorded.kind === 'New') this.#enqueue(this.#creation(recorded.series));
    this.#cancelLook ??= clock.after(lookEveryMs, () => this.#look());
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    for (const series of this.#series.takeAll()) this.#enqueue(this.#counting(series));
    const onAbort = (): void => this.#ending.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await this.#writing;
    signal.removeEventListener('abort', onAbort);
  }

  #look(): void {
    this.#cancelLook = null;
    for (const series of this.#series.takeDue(this.#deps.clock.nowMs())) this.#enqueue(this.#counting(series));
    if (this.#series.size > 0) this.#cancelLook = this.#deps.clock.after(lookEveryMs, () => this.#look());
  }

  #creation({ event: { regarded, event, wallMs }, name }: Series<KeptEvent>): Write {
    const object = eventObject(regarded, event, { name, reporter: this.#reporter, wallMs });
    return async (signal) => await this.#deps.client.create(eventResource, object, { signal });
  }

  #counting({ event: { regarded }, name, count, lastSeenMs }: Series<KeptEvent>): Write {
    const { client, clock } = this.#deps;
    const lastObservedTime = microTime(clock.wallMs() - (clock.nowMs() - lastSeenMs));
    const body = { series: { count, lastObservedTime } };
    const target = { namespace: eventNamespace(regarded), name };
    return async (signal) => await client.patch(eventResource, target, { kind: 'Merge', body }, { signal });
  }

  #enqueue(write: Write): void {
    if (this.#queue.length >= maxQueued) return this.#deps.metrics.lost('QueueFull');
    this.#queue.push(write);
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let write = this.#queue.shift(); write !== undefined; write = this.#queue.shift()) {
      if (this.#ending.signal.aborted) this.#deps.metrics.lost('Closed');
      else await this.#write(write);
    }
    this.#writing = null;
  }

  async #write(write: Write): Promise<void> {
    const { clock, metrics } = this.#deps;
    const { signal } = this.#ending;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await delay(clock, this.#rate.reserve(clock.nowMs()), signal);
        await write(signal);
        return metrics.written();
      } catch (error) {
        // A refusal stands: the namespace is ending, the event has expired, the role does not allow it.
        const isFinal = error instanceof KubeApiError && error.status < 500;
        if (isFinal || attempt >= maxAttempts || signal.aborted) return metrics.lost(isFinal ? 'Refused' : 'Failed');
        await delay(clock, retryMs * 2 ** attempt, signal).catch(() => {});
      }
    }
  }

  #suffix(wallMs: number): string {
    return `${wallMs.toString(16)}${Math.floor(this.#deps.clock.random() * 0x1000000)
      .toString(16)
      .padStart(6, '0')}`;
  }
}
