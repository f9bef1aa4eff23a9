/**
 * The ConfigBus over NATS JetStream. It is there from the first moment, connected or not: a proxy starts without a server.
 * Invariants: a watch ends with Lost or by its own close, never in silence; a state Connected names the bucket that every
 * open watch is on; nothing is sent that was given up before.
 */
import { PermissionViolationError, type NatsConnection } from '@nats-io/nats-core';
import {
  type BusEntry,
  BusError,
  type ConfigBus,
  type ConnectionState,
  type PutOutcome,
  type ReceivedAck,
  type Watch,
  type WatchOptions,
} from '../port/config-bus.ts';
import { maxValueBytes } from './bucket-stream.ts';
import { errorReason } from './error-reason.ts';
import { type NatsBusConfig, readNatsConfig, type NatsSettings } from './nats-config.ts';
import { NatsLink } from './nats-link.ts';
import { createNatsSession, type NatsSession } from './nats-session.ts';
import { emptyNatsStats, type NatsStats } from './nats-stats.ts';
import type { NatsWatch } from './nats-watch.ts';
import { PendingPuts } from './pending-puts.ts';

export interface NatsBusDeps {
  /** 0 to 1, as Math.random: spreads reconnects. */
  readonly random: () => number;
}

export class NatsBus implements ConfigBus {
  readonly #settings: NatsSettings;
  readonly #link: NatsLink;
  readonly #pending: PendingPuts;
  readonly #stats = emptyNatsStats();
  readonly #stateListeners: ((state: ConnectionState) => void)[] = [];
  readonly #ackListeners: ((ack: ReceivedAck) => void)[] = [];
  #connection: NatsConnection | null = null;
  #session: NatsSession | null = null;
  #state: ConnectionState = { kind: 'Disconnected', reason: 'no connection to NATS yet' };
  #receivesAcks = false;
  #isClosed = false;

  constructor(config: NatsBusConfig, { random }: NatsBusDeps) {
    this.#settings = readNatsConfig(config);
    this.#pending = new PendingPuts(this.#settings.limits);
    this.#link = new NatsLink({
      settings: this.#settings,
      random,
      onUp: (connection) => void this.#begin(connection),
      onDown: (reason) => this.#finish(reason),
      onFailed: (reason) => {
        this.#stats.failedConnects += 1;
        this.#setState({ kind: 'Disconnected', reason });
      },
      onServerError: (error) => {
        if (error instanceof PermissionViolationError) this.#stats.denied += 1;
      },
    });
  }

  /** A copy of the counters. */
  stats(): Readonly<NatsStats> {
    return { ...this.#stats, puts: { ...this.#stats.puts }, pendingPuts: this.#pending.count };
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#stateListeners.push(listener);
    listener(this.#state);
  }

  watch(options: WatchOptions): Watch {
    this.#stats.watchesBegun += 1;
    const counted: WatchOptions = {
      ...options,
      onEvent: (event) => {
        if (event.kind === 'Entry') this.#stats.entries += 1;
        if (event.kind === 'Lost') this.#stats.watchesLost += 1;
        options.onEvent(event);
      },
    };
    const session = this.#openSession();
    return session !== null && this.#state.kind === 'Connected'
      ? this.#openWatch(session, counted)
      : this.#refuseWatch(counted);
  }

  async read(key: string): Promise<BusEntry | null> {
    return await this.#ask(`read ${key}`, (session) => session.read(key));
  }

  async put(key: string, value: Uint8Array, expectedSequence: number): Promise<PutOutcome> {
    const outcome = await this.#putOnce(key, value, expectedSequence);
    this.#stats.puts[outcome.kind] += 1;
    return outcome;
  }

  async putBlob(name: string, bytes: Uint8Array): Promise<void> {
    await this.#ask(`put blob ${name}`, ({ blobs }) => blobs.put(name, bytes));
  }

  async getBlob(name: string): Promise<Uint8Array | null> {
    return await this.#ask(`get blob ${name}`, ({ blobs }) => blobs.get(name));
  }

  async pruneBlobs(prefix: string, keep: readonly string[]): Promise<void> {
    await this.#ask(`prune blobs ${prefix}`, ({ blobs }) => blobs.prune(prefix, keep));
  }

  sendAck(proxy: string, payload: Uint8Array): void {
    const session = this.#openSession();
    if (session === null) {
      this.#stats.acksDropped += 1;
      return;
    }
    this.#stats.acksSent += 1;
    session.sendAck(proxy, new Uint8Array(payload));
  }

  onAck(listener: (ack: ReceivedAck) => void): void {
    this.#ackListeners.push(listener);
    const session = this.#openSession();
    if (session !== null) this.#receiveAcks(session);
  }

  /** Resolves when no socket and no timer is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#session?.closeWatches();
    this.#session?.end();
    this.#session = null;
    await this.#link.close();
  }

  async #begin(connection: NatsConnection): Promise<void> {
    this.#stats.connects += 1;
    this.#connection = connection;
    const session = await createNatsSession(connection, this.#settings);
    if (this.#isClosed || this.#connection !== connection || !session.isOpen) return;
    this.#session = session;
    this.#receivesAcks = false;
    if (this.#ackListeners.length > 0) this.#receiveAcks(session);
    session.trackBucket({
      onBucket: (bucket) => this.#enterBucket(session, bucket),
      onNoBucket: (reason) => this.#leaveBucket(session, reason),
    });
  }

  #finish(reason: string): void {
    const session = this.#session;
    this.#connection = null;
    this.#session = null;
    session?.end();
    if (this.#isClosed) return;
    // First the state, then the watches: who is told Lost and begins anew at once is told why that cannot be.
    this.#setState({ kind: 'Disconnected', reason });
    session?.loseWatches(reason);
  }

  #enterBucket(session: NatsSession, bucket: string): void {
    if (session !== this.#session) return;
    const before = this.#state.kind === 'Connected' ? this.#state.bucket : bucket;
    if (before !== bucket) this.#leaveBucket(session, 'the bucket was made anew');
    this.#setState({ kind: 'Connected', bucket });
  }

  #leaveBucket(session: NatsSession, reason: string): void {
    if (session !== this.#session) return;
    this.#setState({ kind: 'Disconnected', reason });
    session.loseWatches(reason);
  }

  #setState(state: ConnectionState): void {
    if (this.#isClosed || isSame(state, this.#state)) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }

  #openSession(): NatsSession | null {
    return this.#session?.isOpen === true ? this.#session : null;
  }

  #openWatch(session: NatsSession, options: WatchOptions): Watch {
    const watch: NatsWatch = session.watch(options);
    return { close: () => watch.close() };
  }

  /** Lost, but not from within the call. */
  #refuseWatch(options: WatchOptions): Watch {
    let isOpen = true;
    setImmediate(() => {
      if (!isOpen || this.#isClosed) return;
      isOpen = false;
      options.onEvent({ kind: 'Lost', reason: `begin to watch: ${this.#why()}` });
    });
    return {
      close: () => {
        isOpen = false;
      },
    };
  }

  async #putOnce(key: string, value: Uint8Array, expectedSequence: number): Promise<PutOutcome> {
    const session = this.#openSession();
    const { byteLength } = value;
    if (byteLength > maxValueBytes) {
      return { kind: 'Denied', reason: `put ${key}: ${byteLength} bytes are more than ${maxValueBytes}` };
    }
    if (session === null) return { kind: 'Unknown', reason: `put ${key}: ${this.#why()}` };
    if (!this.#pending.enter(byteLength)) {
      return { kind: 'Unknown', reason: `put ${key}: ${this.#pending.count} puts wait for an answer already` };
    }
    try {
      // The client sends later what it is given now: the caller's buffer may be another's by then.
      return await session.put(key, new Uint8Array(value), expectedSequence);
    } finally {
      this.#pending.leave(byteLength);
    }
  }

  #receiveAcks(session: NatsSession): void {
    if (this.#receivesAcks) return;
    this.#receivesAcks = true;
    session.receiveAcks((ack) => {
      if (this.#isClosed) return;
      this.#stats.acksReceived += 1;
      for (const listener of this.#ackListeners) listener(ack);
    });
  }

  #why(): string {
    if (this.#isClosed) return 'the bus is closed';
    return this.#state.kind === 'Disconnected' ? this.#state.reason : 'no connection to NATS';
  }

  async #ask<T>(what: string, ask: (session: NatsSession) => Promise<T>): Promise<T> {
    const session = this.#openSession();
    if (session === null) throw new BusError(`${what}: ${this.#why()}`);
    try {
      return await ask(session);
    } catch (error) {
      if (error instanceof BusError) throw error;
      throw new BusError(`${what}: ${errorReason(error)}`, { cause: error });
    }
  }
}

/** Connects in the background and goes on trying until it is closed. Throws NatsConfigError. */
export function createNatsBus(config: NatsBusConfig, deps: NatsBusDeps): NatsBus {
  return new NatsBus(config, deps);
}

function isSame(left: ConnectionState, right: ConnectionState): boolean {
  if (left.kind === 'Connected') return right.kind === 'Connected' && left.bucket === right.bucket;
  return right.kind === 'Disconnected' && left.reason === right.reason;
}
