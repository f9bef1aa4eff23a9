/**
 * Routing while this process leads: follows the caches, publishes what they come to, and says which objects need their status looked
 * at. Invariant: nothing is published before every cache has been listed whole, as a route that is not known yet is not a deleted one.
 */
import { readAck } from '@sluice/live-config/digest/read-message.ts';
import type { ConfigBus, ReceivedAck } from '@sluice/live-config/port/config-bus.ts';
import type { PublisherEvent, PublisherStatus } from '@sluice/live-config/publisher/publisher-port.ts';
import type { HeldEntry } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { ResourceSpec, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import { parseResourceKey } from '@sluice/contract/config-key.ts';
import { RecordBook } from '../publish/record-book.ts';
import { type PublicationConfig, RoutingPublication } from '../publish/routing-publication.ts';
import { type Delivery, isRejected, isUnderWay } from '../specs/delivery.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { ListenerBook } from '../specs/listener-book.ts';
import type { ListenerUse } from '../specs/listener-status.ts';
import { RouteBook, type RouteOutcome } from '../specs/route-book.ts';
import { lookupIn, type RoutingCaches, type RoutingFollower } from './routing-caches.ts';
import { SettlePace } from './settle-pace.ts';

export type StatusKind = 'Route' | 'Listener';

export interface RoutingTermDeps {
  readonly caches: RoutingCaches;
  /** For this term alone. */
  readonly bus: ConfigBus;
  /** What the bucket held when the term began. */
  readonly held: ReadonlyMap<string, HeldEntry>;
  readonly claimEpoch: (above: number) => Promise<number>;
  readonly clock: Clock;
  readonly onEvent: (event: PublisherEvent) => void;
  /** The status of this object should be looked at, in so many milliseconds. */
  readonly onStatus: (kind: StatusKind, id: string, inMs: number) => void;
}

/** Acknowledgements of several proxies come together: with more under way than these few, all are looked at once for several. */
const fewPending = 16;
const ackMs = 5;
/** A status in between is shown only if it lasts: mostly the last word comes sooner, if a little later for each that is under way. */
const underWayMs = 300;
const perPendingMs = 1;
const maxUnderWayMs = 10_000;
/** After taking over, until every proxy has had its turn to acknowledge (every ten seconds). */
const takeoverMs = 12_000;
const lookEveryMs = 1_000;
const countMs = 1_000;
/** A proxy more or less changes the status of everything: not all of it at once. */
const fleetSpreadMs = 3_000;

export class RoutingTerm implements RoutingFollower {
  readonly #deps: RoutingTermDeps;
  readonly #routes: RouteBook;
  readonly #listeners: ListenerBook;
  readonly #book: RecordBook;
  readonly #publication: RoutingPublication;
  readonly #begunMs: number;
  readonly #pace: SettlePace;
  /** Bus keys of which the last word is still to come, with what was known when they were looked at last. */
  readonly #pending = new Map<string, string>();
  readonly #rejected = new Set<string>();
  /** A proxy has rejected more than it can name: anything may be among them. */
  #isAnyRejected = false;
  /** Bus keys whose object has gone since the term began: what the bucket held is not the last good version of the next one. */
  readonly #outlived = new Set<string>();
  #cancelSettle: (() => void) | null = null;
  #cancelAck: (() => void) | null = null;
  #cancelLook: (() => void) | null = null;
  #liveProxies = 0;
  #isClosed = false;

  /** The caches have synced. Publishes at once. */
  constructor(config: PublicationConfig, deps: RoutingTermDeps) {
    this.#deps = deps;
    const { caches, held, bus, clock, claimEpoch, onEvent } = deps;
    this.#begunMs = clock.nowMs();
    this.#pace = new SettlePace(this.#begunMs);
    const heldSpec = (key: string): ResourceSpec | null => {
      const text = held.get(key)?.specText ?? null;
      return text === null || this.#outlived.has(key) ? null : (JSON.parse(text) as ResourceSpec);
    };
    this.#routes = new RouteBook({ lookup: lookupIn(caches), heldSpec });
    this.#listeners = new ListenerBook({ heldSpec });
    for (const object of caches.routes.store.values()) this.#setRoute(object);
    for (const object of caches.listeners.store.values()) this.#setListener(object);
    this.#book = new RecordBook(held);
    this.#take();
    this.#book.finishFirst();
    this.#publication = new RoutingPublication(config, {
      ...{ bus, claimEpoch, onEvent, book: this.#book },
      nowMs: () => clock.wallMs(),
      random: () => clock.random(),
      onCounted: (keys) => this.#counted(keys),
    });
    bus.onAck((ack) => this.#heard(ack));
    this.#lookLater();
  }

  routeChanged(id: string, object: SluiceObject | null): void {
    if (isOfSameSpec(this.#routes.outcome(id)?.object, object)) return this.#look('Route', id);
    if (object === null || isGoing(object)) {
      this.#outlive(this.#routes.outcome(id));
      this.#routes.delete(id);
    } else this.#setRoute(object);
    this.#settleSoon();
  }

  listenerChanged(id: string, object: SluiceObject | null): void {
    if (isOfSameSpec(this.#listeners.outcome(id)?.object, object)) return this.#look('Listener', id);
    if (object === null || isGoing(object)) {
      this.#outlive(this.#listeners.outcome(id));
      this.#listeners.delete(id);
    } else this.#setListener(object);
    this.#settleSoon();
  }

  serviceChanged(key: string): void {
    this.#routes.serviceChanged(key);
    this.#settleSoon();
  }

  grantsChanged(namespace: string): void {
    this.#routes.grantsChanged(namespace);
    this.#settleSoon();
  }

  route(id: string): RouteOutcome | undefined {
    return this.#routes.outcome(id);
  }

  listener(id: string): ListenerUse | undefined {
    const outcome = this.#listeners.outcome(id);
    if (outcome === undefined) return undefined;
    const routes = outcome.published === null ? 0 : this.#routes.countOn(outcome.object.metadata.name);
    return { ...outcome, routes };
  }

  /** Of two listeners with one name, the key is that of the one which is published. */
  delivery({ key, published }: Pick<RouteOutcome, 'key' | 'published'>): Delivery {
    return published === null ? { kind: 'NotPublished' } : this.#publication.delivery(key);
  }

  /** How long proxies may still be silent about what they have had in force since before this term; 0: it is not so, or no longer. */
  silenceLeftMs({ key }: Pick<RouteOutcome, 'key'>): number {
    const isCarried = this.#deps.held.get(key)?.generation === this.#book.generationOf(key);
    return isCarried ? Math.max(0, this.#begunMs + takeoverMs - this.#deps.clock.nowMs()) : 0;
  }

  status(): PublisherStatus {
    return this.#publication.status();
  }

  /** Looks at everything again. */
  lookAtAll(withinMs: number): void {
    const { clock, onStatus } = this.#deps;
    for (const id of this.#routes.ids()) onStatus('Route', id, clock.random() * withinMs);
    for (const id of this.#listeners.ids()) onStatus('Listener', id, clock.random() * withinMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSettle?.();
    this.#cancelAck?.();
    this.#cancelLook?.();
    await this.#publication.close();
  }

  #setRoute(object: SluiceObject): void {
    if (!isGoing(object)) this.#routes.set(object);
  }

  #setListener(object: SluiceObject): void {
    if (!isGoing(object)) this.#listeners.set(object);
  }

  #outlive(outcome: Pick<RouteOutcome, 'key'> | undefined): void {
    if (outcome !== undefined && this.#deps.held.has(outcome.key)) this.#outlived.add(outcome.key);
  }

  #settleSoon(): void {
    if (this.#isClosed || this.#cancelSettle !== null) return;
    const { clock } = this.#deps;
    this.#cancelSettle = clock.after(this.#pace.waitMs(clock.nowMs()), () => {
      this.#cancelSettle = null;
      const records = this.#take();
      this.#pace.published(records.length, clock.nowMs());
      this.#publication.publish(records);
    });
  }

  /** What has changed, into the book; the records to publish. */
  #take(): readonly TruthRecord[] {
    const routes = this.#routes.settle();
    const listeners = this.#listeners.settle();
    const records: TruthRecord[] = [];
    for (const [key, spec] of [...listeners.specs, ...routes.specs]) {
      const record = this.#book.set(key, spec);
      if (record !== null) records.push(record);
      if (spec === null) this.#pending.delete(key);
      else if (record !== null) this.#pending.set(key, '');
    }
    // How many routes a listener has may wait: it is nobody's trouble.
    if (routes.specs.size > 0) for (const id of this.#listeners.ids()) this.#deps.onStatus('Listener', id, countMs);
    for (const id of routes.touched) this.#look('Route', id);
    for (const id of listeners.touched) this.#look('Listener', id);
    return records;
  }

  #look(kind: StatusKind, id: string): void {
    const outcome = kind === 'Route' ? this.#routes.outcome(id) : this.#listeners.outcome(id);
    // In the first settling there is no publication to ask yet.
    const isPending = outcome !== undefined && this.#pending.has(outcome.key);
    this.#deps.onStatus(kind, id, isPending ? this.#underWayMs() : 0);
  }

  /** Until a write that says no more than that something is to come. */
  #underWayMs(): number {
    return Math.min(maxUnderWayMs, underWayMs + this.#pending.size * perPendingMs);
  }

  #counted(keys: readonly string[]): void {
    for (const key of keys) this.#pending.set(key, '');
    this.#lookAtPending();
  }

  #heard({ payload }: ReceivedAck): void {
    const ack = readAck(payload);
    if (ack === null || ack.range !== 'routing') return;
    for (const { key } of ack.rejected) this.#rejected.add(key);
    if (ack.rejectedToo !== undefined) this.#isAnyRejected = true;
    this.#cancelAck ??= this.#deps.clock.after(this.#pending.size > fewPending ? ackMs : 0, () => {
      this.#cancelAck = null;
      this.#lookAtPending();
    });
  }

  #findRejected(): void {
    if (!this.#isAnyRejected) return;
    this.#isAnyRejected = false;
    for (const { key, spec } of this.#book.records()) {
      if (spec !== null && !this.#pending.has(key) && isRejected(this.#publication.delivery(key)))
        this.#rejected.add(key);
    }
  }

  /** What has got its last word is shown at once. */
  #lookAtPending(): void {
    for (const key of this.#rejected) if (!this.#pending.has(key)) this.#pending.set(key, '');
    for (const [key, known] of this.#pending) {
      const delivery = this.#publication.delivery(key);
      const state = JSON.stringify(delivery);
      if (state === known) continue;
      // A rejection stays: the proxy says no more when it takes the resource after all.
      if (isUnderWay(delivery) || isRejected(delivery)) this.#pending.set(key, state);
      else this.#pending.delete(key);
      const inMs = isUnderWay(delivery) ? this.#underWayMs() : 0;
      for (const [kind, id] of this.#objectsOf(key)) this.#deps.onStatus(kind, id, inMs);
    }
    this.#rejected.clear();
  }

  *#objectsOf(key: string): Generator<readonly [StatusKind, string]> {
    const named = parseResourceKey(key);
    if (named?.kind === 'Route') {
      // A namespace holds no dot: the first one ends it.
      const dot = named.name.indexOf('.');
      yield ['Route', `${named.name.slice(0, dot)}/${named.name.slice(dot + 1)}`];
    }
    if (named?.kind !== 'Listener') return;
    for (const id of this.#listeners.ids()) if (id.slice(id.indexOf('/') + 1) === named.name) yield ['Listener', id];
  }

  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.after(lookEveryMs, () => {
      const { liveProxies } = this.#publication.status();
      if (liveProxies !== this.#liveProxies) this.lookAtAll(fleetSpreadMs);
      this.#liveProxies = liveProxies;
      this.#findRejected();
      this.#lookAtPending();
      this.#lookLater();
    });
  }
}

/** Mostly our own status: there is nothing to judge again, but somebody else may have written it. */
function isOfSameSpec(judged: SluiceObject | undefined, now: SluiceObject | null): boolean {
  if (judged === undefined || now === null || isGoing(now)) return false;
  return judged.metadata.uid === now.metadata.uid && judged.metadata.generation === now.metadata.generation;
}

/** Whoever asked for its deletion wants it out of force, whatever keeps the object. */
function isGoing({ metadata }: SluiceObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
