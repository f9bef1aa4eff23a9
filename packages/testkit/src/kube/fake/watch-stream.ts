/**
 * One watch: first what there is, if the client asked for that, then every change behind its resource version, as the client's
 * selector sees it (an object that stops matching is deleted to it). Ends by timeoutSeconds, by the client, or by a fault.
 */
import { ApiFailure } from './api-failure.ts';
import type { MetFaults } from './fake-faults.ts';
import type { FakeRequest } from './fake-request.ts';
import { apiVersionOf, qualifiedName } from './fake-resource.ts';
import type { JsonObject } from './json-object.ts';
import { metadataOf } from './json-object.ts';
import { selectorOf } from './list-objects.ts';
import type { LoggedChange, ObjectLog } from './object-log.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: JsonObject;
}

/** The answer to the request. */
export interface WatchSink {
  send(event: WatchEvent): void;
  end(): void;
  /** Without an end. */
  cut(): void;
}

export interface WatchStreamOptions {
  readonly log: ObjectLog;
  readonly request: FakeRequest;
  readonly faults: MetFaults;
  readonly sink: WatchSink;
  readonly bookmarkIntervalMs: number;
}

export class WatchStream {
  readonly #options: WatchStreamOptions;
  readonly #isSelected: (key: string, object: JsonObject) => boolean;
  #seen = 0;
  #isOpen = true;
  #stopFollowing: () => void = () => {};
  #timers: readonly NodeJS.Timeout[] = [];

  /** Throws an ApiFailure for what cannot be watched. */
  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#isSelected = selectorOf(options.request);
  }

  start(): void {
    if (this.#options.faults.find('SilenceWatch') !== undefined) return;
    try {
      this.#catchUp();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      this.#fail(error);
    }
    if (this.#isOpen) this.#startTimers();
  }

  /** What there is, or what the client has missed. Nothing else runs meanwhile: no change is lost, none comes twice. */
  #catchUp(): void {
    const { log, request } = this.#options;
    const wanted = request.query.get('resourceVersion') ?? '';
    const sendsState = wanted === '' || wanted === '0' || request.query.get('sendInitialEvents') === 'true';
    const missed = sendsState ? [] : log.changesAfter(Number(wanted));
    this.#stopFollowing = log.follow((change) => this.#tell(change));
    if (sendsState) this.#sendState();
    for (const change of missed) this.#tell(change);
  }

  #startTimers(): void {
    const { request, bookmarkIntervalMs } = this.#options;
    const seconds = Number(request.query.get('timeoutSeconds') ?? '0');
    this.#timers = [
      setInterval(() => this.#bookmark(), bookmarkIntervalMs),
      ...(seconds > 0 ? [setTimeout(() => this.#finish(), seconds * 1_000)] : []),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** In order, or without an end. Idempotent. */
  close(isAbrupt: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stopFollowing();
    for (const timer of this.#timers) clearTimeout(timer);
    if (isAbrupt) this.#options.sink.cut();
    else this.#options.sink.end();
  }

  #sendState(): void {
    const { log, request } = this.#options;
    for (const [key, object] of log.list(qualifiedName(request.resource))) {
      if (this.#isSelected(key, object)) this.#send({ type: 'ADDED', object });
    }
    if (request.query.get('sendInitialEvents') === 'true') this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #tell(change: LoggedChange): void {
    const { key, before, after, resource, revision } = change;
    if (resource !== qualifiedName(this.#options.request.resource)) return;
    const was = before !== null && this.#isSelected(key, before);
    const is = after !== null && this.#isSelected(key, after);
    if (is) this.#send({ type: was ? 'MODIFIED' : 'ADDED', object: after });
    else if (was) this.#send({ type: 'DELETED', object: withRevision(before, revision) });
  }

  #send(event: WatchEvent): void {
    if (!this.#isOpen) return;
    const { faults, sink } = this.#options;
    this.#seen += 1;
    const isDropped = this.#seen <= (faults.find('DropEvents')?.count ?? 0);
    if (!isDropped) {
      sink.send(event);
      if (faults.find('DuplicateEvents') !== undefined) sink.send(event);
    }
    const closing = faults.find('CloseWatch');
    if (closing !== undefined && this.#seen >= closing.afterEvents) this.close(closing.isAbrupt === true);
    const failing = faults.find('WatchError');
    if (failing !== undefined && this.#seen >= failing.afterEvents)
      this.#fail(new ApiFailure(failing.message, failing));
  }

  #bookmark(annotations?: JsonObject): void {
    const { log, request, sink } = this.#options;
    if (request.query.get('allowWatchBookmarks') !== 'true' || !this.#isOpen) return;
    const { resource } = request;
    const metadata = { resourceVersion: String(log.revision), ...(annotations === undefined ? {} : { annotations }) };
    sink.send({ type: 'BOOKMARK', object: { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata } });
  }

  #fail(failure: ApiFailure): void {
    if (!this.#isOpen) return;
    this.#options.sink.send({ type: 'ERROR', object: failure.toStatus() });
    this.close(false);
  }

  #finish(): void {
    this.#bookmark();
    this.close(false);
  }
}

function withRevision(object: JsonObject, revision: number): JsonObject {
  return { ...object, metadata: { ...metadataOf(object), resourceVersion: String(revision) } };
}
