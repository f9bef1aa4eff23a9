/**
 * Follows one collection (of one namespace, or of all) into a sink: list whole, watch from there, and again for ever. Whatever
 * the server does, the sink ends at the server's state: what a watch lost or made up is found by the periodic list.
 * Resource versions are handed back as they came, never compared by size.
 */
import { delay } from '../clock/delay.ts';
import type { Clock } from '../port/clock.ts';
import type { KubeClient, Selection, WatchEvent } from '../port/kube-client.ts';
import { isExpired, isNotFound, KubeApiError, KubeTransportError } from '../port/kube-error.ts';
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';
import { listAll } from './list-all.ts';
import type { ReflectorMetrics, RelistReason } from './reflector-metrics.ts';
import { WatchGuard } from './watch-guard.ts';
import { WatchPace } from './watch-pace.ts';

export interface ReflectorPacing {
  readonly pageSize: number;
  readonly listDeadlineMs: number;
  /** Between whole lists; up to a tenth is taken off at random. */
  readonly relistEveryMs: number;
  /** Asked of the server for one watch: this, up to twice this. */
  readonly watchMs: number;
  /** Without an event or a bookmark, the watch counts as lost. */
  readonly silenceMs: number;
  /** Between looks for a kind that is not served. */
  readonly absentRetryMs: number;
}

export interface ReflectorConfig<T extends KubeObject> extends Selection {
  readonly resource: Resource<T>;
  /** A kind that is not served (404) has no objects; else that is a failure. */
  readonly absentIsEmpty: boolean;
  readonly pacing: ReflectorPacing;
}

export interface ReflectorSink<T extends KubeObject> {
  replace(objects: readonly T[]): void;
  put(object: T): void;
  remove(object: T): void;
}

export interface ReflectorDeps<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly metrics: ReflectorMetrics;
  readonly sink: ReflectorSink<T>;
  /** Each failure; the reflector goes on. */
  readonly onError: (error: unknown) => void;
}

/** After the time asked of the server. */
const graceMs = 10_000;

interface Ended {
  readonly version: string | null;
  readonly waitMs: number;
}

export class Reflector<T extends KubeObject> {
  readonly #config: ReflectorConfig<T>;
  readonly #deps: ReflectorDeps<T>;
  readonly #stopping = new AbortController();
  readonly #pace = new WatchPace();
  readonly #label: string;
  #running: Promise<void> = Promise.resolve();
  #reason: RelistReason = 'Start';
  #relistAtMs = 0;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #hasSynced = false;

  constructor(config: ReflectorConfig<T>, deps: ReflectorDeps<T>) {
    this.#config = config;
    this.#deps = deps;
    const { group, plural } = config.resource;
    this.#label = group === '' ? plural : `${group}/${plural}`;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  sinceAnswerMs(): number {
    return this.#deps.clock.nowMs() - this.#answeredMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let version: string | null = null;
    while (!signal.aborted) {
      const ended: Ended = version === null ? await this.#listOnce() : await this.#watchOnce(version);
      version = ended.version;
      // Also without a wait, the loop must let others have their turn.
      await delay(this.#deps.clock, ended.waitMs, signal).catch(() => {});
    }
  }

  async #listOnce(): Promise<Ended> {
    const { client, clock, metrics, sink } = this.#deps;
    const { resource, pacing } = this.#config;
    try {
      const list = await listAll(client, resource, {
        ...this.#selection(),
        signal: this.#stopping.signal,
        pageSize: pacing.pageSize,
        deadlineMs: pacing.listDeadlineMs,
        onPage: () => this.#heard(),
      });
      if (this.#stopping.signal.aborted) return { version: null, waitMs: 0 };
      metrics.listed(this.#label, this.#reason);
      this.#relistAtMs = clock.nowMs() + pacing.relistEveryMs * (1 - clock.random() / 10);
      sink.replace(list.items);
      this.#hasSynced = true;
      return { version: list.resourceVersion, waitMs: 0 };
    } catch (error) {
      if (this.#config.absentIsEmpty && isNotFound(error)) return this.#absent();
      return this.#failed(error, null);
    }
  }

  #absent(): Ended {
    this.#heard();
    this.#deps.sink.replace([]);
    this.#hasSynced = true;
    return { version: null, waitMs: this.#config.pacing.absentRetryMs * (1 - this.#deps.clock.random() / 10) };
  }

  async #watchOnce(from: string): Promise<Ended> {
    const { clock, client, metrics } = this.#deps;
    const { watchMs, silenceMs } = this.#config.pacing;
    const beganMs = clock.nowMs();
    const untilRelistMs = Math.max(0, this.#relistAtMs - beganMs);
    const askedMs = Math.min(watchMs * (1 + clock.random()), untilRelistMs);
    const timeoutSeconds = Math.max(1, Math.ceil(askedMs / 1000));
    const endMs = Math.min(timeoutSeconds * 1000 + graceMs, untilRelistMs);
    const guard = new WatchGuard(clock, { silenceMs, endMs }, this.#stopping.signal);
    const watch = new WatchState(from);
    let error: unknown = null;
    try {
      const options = { ...this.#selection(), resourceVersion: from, timeoutSeconds, signal: guard.signal };
      for await (const event of client.watch(this.#config.resource, options)) {
        if (this.#stopping.signal.aborted) break;
        guard.heard();
        this.#heard();
        this.#take(event, watch);
      }
    } catch (thrown) {
      error = guard.cut === null ? thrown : null;
    } finally {
      guard.release();
    }
    if (guard.cut === 'Silent') metrics.failed(this.#label, 'Silent');
    const end = {
      lastedMs: clock.nowMs() - beganMs,
      hasProgressed: watch.hasProgressed,
      isOrderly: error === null && guard.cut !== 'Silent',
      retryAfterMs: null,
    };
    if (error !== null) return this.#broken(error, watch, end.lastedMs);
    const waitMs = this.#pace.afterWatch(end, clock.random());
    return this.#next(watch.version, waitMs);
  }

  #take(event: WatchEvent<T>, watch: WatchState): void {
    const { sink, metrics } = this.#deps;
    switch (event.type) {
      case 'Opened':
        metrics.watched(this.#label);
        return;
      case 'Bookmark':
        watch.advance(event.resourceVersion);
        return;
      case 'Error':
        throw event.error;
      case 'Added':
      case 'Modified':
      case 'Deleted':
        metrics.event(this.#label);
        if (event.type === 'Deleted') sink.remove(event.object);
        else sink.put(event.object);
        watch.advance(event.object.metadata.resourceVersion ?? watch.version);
    }
  }

  #broken(error: unknown, watch: WatchState, lastedMs: number): Ended {
    const { clock } = this.#deps;
    if (isExpired(error)) {
      this.#reason = 'Expired';
      return { version: null, waitMs: this.#pace.afterExpiry(watch.hasProgressed, clock.random()) };
    }
    // What could not be read may have been a change: nothing short of a list brings it back.
    const version = isUnread(error) ? null : watch.version;
    if (version === null) this.#reason = 'Doubt';
    if (!watch.hasProgressed) return this.#failed(error, version);
    this.#report(error);
    const end = { lastedMs, hasProgressed: true, isOrderly: false, retryAfterMs: retryAfterOf(error) };
    return this.#next(version, this.#pace.afterWatch(end, clock.random()));
  }

  #failed(error: unknown, version: string | null): Ended {
    if (this.#stopping.signal.aborted) return { version: null, waitMs: 0 };
    this.#report(error);
    const waitMs = this.#pace.afterFailure(retryAfterOf(error), this.#deps.clock.random());
    if (version === null || !isRefusal(error)) return this.#next(version, waitMs);
    this.#pace.refused();
    if (!this.#pace.doubtsVersion) return this.#next(version, waitMs);
    this.#reason = 'Doubt';
    return { version: null, waitMs };
  }

  #next(version: string | null, waitMs: number): Ended {
    if (version === null || this.#deps.clock.nowMs() < this.#relistAtMs) return { version, waitMs };
    this.#reason = 'Periodic';
    return { version: null, waitMs };
  }

  #report(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    // Whoever is refused is not stuck: beginning anew would not help.
    if (error instanceof KubeApiError) this.#answeredMs = this.#deps.clock.nowMs();
    this.#deps.metrics.failed(this.#label, reasonOf(error));
    this.#deps.onError(error);
  }

  #heard(): void {
    const { clock, metrics } = this.#deps;
    this.#answeredMs = clock.nowMs();
    metrics.contact(this.#label, clock.wallMs());
  }

  #selection(): Selection {
    const { namespace, labelSelector, fieldSelector } = this.#config;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }
}

/** How far a watch has come. */
class WatchState {
  #version: string;
  #hasProgressed = false;

  constructor(version: string) {
    this.#version = version;
  }

  get version(): string {
    return this.#version;
  }

  get hasProgressed(): boolean {
    return this.#hasProgressed;
  }

  advance(version: string): void {
    this.#version = version;
    this.#hasProgressed = true;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof KubeApiError) return error.reason;
  return error instanceof KubeTransportError ? error.failure : 'Internal';
}

/** Not for want of time or rights: 429 and 503 pass, 401 and 403 hold for a list as well. */
function isRefusal(error: unknown): boolean {
  return error instanceof KubeApiError && ![401, 403, 429, 503].includes(error.status);
}

function isUnread(error: unknown): boolean {
  return error instanceof KubeTransportError && (error.failure === 'Unreadable' || error.failure === 'BodyTooLarge');
}

function retryAfterOf(error: unknown): number | null {
  return error instanceof KubeApiError ? error.retryAfterMs : null;
}
