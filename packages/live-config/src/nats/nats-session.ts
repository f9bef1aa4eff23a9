/**
 * What a NATS bus has for as long as one connection lasts: its requests, its watches, the search for the bucket. When the
 * connection goes all of it goes; nothing is carried over to the next.
 */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { ackSubject, allAckSubjects } from '@sluice/contract/config-subjects.ts';
import type { BusEntry, PutOutcome, ReceivedAck, WatchOptions } from '../port/config-bus.ts';
import { BlobStore } from './blob-store.ts';
import { configStream, keyPrefix } from './bucket-stream.ts';
import { trackBucket } from './bucket-tracker.ts';
import type { NatsSettings } from './nats-config.ts';
import { NatsWatch } from './nats-watch.ts';
import { readPutAnswer, readPutFailure } from './put-outcome.ts';

export interface NatsSessionOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly settings: NatsSettings;
}

export interface BucketListener {
  readonly onBucket: (identity: string) => void;
  readonly onNoBucket: (reason: string) => void;
}

export class NatsSession {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #settings: NatsSettings;
  readonly #watches = new Set<NatsWatch>();
  readonly #ending = new AbortController();
  readonly blobs: BlobStore;

  constructor({ connection, manager, settings }: NatsSessionOptions) {
    this.#connection = connection;
    this.#manager = manager;
    this.#settings = settings;
    this.blobs = new BlobStore(connection, manager, settings.timing.requestTimeoutMs);
  }

  /** False for the moment between the end of the connection and its being told: the library then throws. */
  get isOpen(): boolean {
    return !this.#connection.isClosed();
  }

  /** Tells which bucket there is, again and again, until the session ends. */
  trackBucket(listener: BucketListener): void {
    const options = { manager: this.#manager, settings: this.#settings, signal: this.#ending.signal };
    void trackBucket({ ...options, ...listener });
  }

  watch(options: WatchOptions): NatsWatch {
    const watch = new NatsWatch({
      ...options,
      connection: this.#connection,
      manager: this.#manager,
      inboxPrefix: this.#settings.inboxPrefix,
      heartbeatMs: this.#settings.timing.heartbeatMs,
      onEnd: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  loseWatches(reason: string): void {
    for (const watch of this.#watches) watch.lose(reason);
  }

  /** In a cluster any replica answers, also one that is a little behind: compare-and-set finds that out. */
  async read(key: string): Promise<BusEntry | null> {
    const query = { last_by_subj: `${keyPrefix}${key}` };
    const message = await this.#manager.direct.getMessage(configStream, query);
    if (message === null) return null;
    const isDeleted = ['DEL', 'PURGE'].includes(message.header.get('KV-Operation'));
    return { key, sequence: message.seq, value: isDeleted ? null : new Uint8Array(message.data) };
  }

  async put(key: string, value: Uint8Array, expectedSequence: number): Promise<PutOutcome> {
    const expected = headers();
    expected.set('Nats-Expected-Stream', configStream);
    expected.set('Nats-Expected-Last-Subject-Sequence', String(expectedSequence));
    try {
      const reply = await this.#connection.request(`${keyPrefix}${key}`, value, {
        headers: expected,
        timeout: this.#settings.timing.requestTimeoutMs,
      });
      return readPutAnswer(reply.json());
    } catch (error) {
      return readPutFailure(error);
    }
  }

  sendAck(proxy: string, payload: Uint8Array): void {
    this.#connection.publish(ackSubject(proxy), payload);
  }

  /** A refused subscription is told as an error of the server. */
  receiveAcks(onAck: (ack: ReceivedAck) => void): void {
    this.#connection.subscribe(allAckSubjects, {
      callback: (error, { subject, data }) => {
        if (error === null) onAck({ subject, payload: data });
      },
    });
  }

  /** Closes the watches without a word: whoever closes the bus asked for it. */
  closeWatches(): void {
    for (const watch of this.#watches) watch.close();
  }

  end(): void {
    this.#ending.abort();
  }
}

/** The connection must be open. */
export async function createNatsSession(connection: NatsConnection, settings: NatsSettings): Promise<NatsSession> {
  const timeout = settings.timing.requestTimeoutMs;
  // checkAPI would ask for the account's limits, which roles may not.
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout });
  return new NatsSession({ connection, manager, settings });
}
