/**
 * One watch: an ordered push consumer of its own that ends at the first doubt (a gap, silence, any status that is not one of
 * life) with one Lost. The library's ordered consumer repairs itself instead, and by that never says that it missed
 * deletions or sits on another bucket.
 */
import { AckPolicy, DeliverPolicy, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { type Msg, nanos, type NatsConnection, nuid, type Subscription } from '@nats-io/nats-core';
import type { WatchEvent, WatchOptions } from '../port/config-bus.ts';
import { configStream, keyPrefix } from './bucket-stream.ts';
import { parseDelivery } from './delivery.ts';
import { errorReason } from './error-reason.ts';

export interface NatsWatchOptions extends WatchOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly inboxPrefix: string;
  readonly heartbeatMs: number;
  /** The watch has ended, lost or closed. */
  readonly onEnd: () => void;
}

/** Heartbeats that may fail to come. Counted by a timer, so that a process that stood still for long loses only one. */
const maxSilentBeats = 3;
/** Heartbeats in a row with nothing between them, before the snapshot has ended. */
const maxIdleBeats = 3;
/** The server removes the consumer of a client that is gone. */
const inactiveMs = 30_000;
/** Of heartbeats and requests of flow control. */
const statusAlive = 100;
const stalledHeader = 'Nats-Consumer-Stalled';

export class NatsWatch {
  readonly #options: NatsWatchOptions;
  readonly #name = nuid.next();
  readonly #subscription: Subscription;
  readonly #beat: NodeJS.Timeout;
  #isOpen = true;
  /** Its consumer sent something: there is one. */
  #isHeard = false;
  #hasSnapshot = false;
  #delivered = 0;
  #silentBeats = 0;
  #idleBeats = 0;

  constructor(options: NatsWatchOptions) {
    this.#options = options;
    this.#subscription = options.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.lose(errorReason(error));
      },
    });
    this.#beat = setInterval(() => this.#countSilence(), options.heartbeatMs);
    void this.#create();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#end();
    // Best effort: the server also notices by itself.
    this.#options.manager.consumers.delete(configStream, this.#name).catch(() => {});
  }

  /** Ends the watch and says so, once. */
  lose(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.#options.onEvent({ kind: 'Lost', reason });
  }

  get #inbox(): string {
    return `${this.#options.inboxPrefix}.${this.#name}`;
  }

  async #create(): Promise<void> {
    const { filters, behindSequence, heartbeatMs, manager } = this.#options;
    const subjects = filters.map((filter) => `${keyPrefix}${filter}`);
    const [only] = subjects;
    try {
      const info = await manager.consumers.add(configStream, {
        name: this.#name,
        deliver_subject: this.#inbox,
        ack_policy: AckPolicy.None,
        flow_control: true,
        idle_heartbeat: nanos(heartbeatMs),
        inactive_threshold: nanos(inactiveMs),
        mem_storage: true,
        num_replicas: 1,
        max_deliver: 1,
        // With one filter it is part of the subject that is asked for, and so of what a role may be allowed.
        ...(subjects.length === 1 && only !== undefined ? { filter_subject: only } : { filter_subjects: subjects }),
        ...(behindSequence === undefined
          ? { deliver_policy: DeliverPolicy.LastPerSubject }
          : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: behindSequence + 1 }),
      });
      if (info.num_pending === 0 && this.#delivered >= info.delivered.consumer_seq) this.#endSnapshot();
    } catch (error) {
      // An answer is too late also where this process stood still; what the consumer sends says as well that it is there.
      if (this.#isHeard && !(error instanceof JetStreamApiError)) return;
      this.lose(`begin to watch: ${errorReason(error)}`);
    }
  }

  #receive(message: Msg): void {
    if (!this.#isOpen) return;
    this.#isHeard = true;
    this.#silentBeats = 0;
    const status = message.headers?.code ?? 0;
    if (status !== 0) {
      this.#receiveStatus(status, message);
      return;
    }
    const delivery = parseDelivery(message.reply ?? '');
    if (delivery === null) {
      this.lose('a message that no consumer delivered came');
      return;
    }
    if (delivery.deliverySequence !== this.#delivered + 1) {
      this.lose(`message ${delivery.deliverySequence} came after ${this.#delivered}`);
      return;
    }
    this.#delivered += 1;
    this.#idleBeats = 0;
    this.#emitEntry(message, delivery.streamSequence);
    if (delivery.pending === 0) this.#endSnapshot();
  }

  #receiveStatus(status: number, message: Msg): void {
    if (status !== statusAlive) {
      this.lose(`the server ended it: ${status} ${message.headers?.description ?? ''}`.trim());
      return;
    }
    // A request of flow control has a subject for its answer, and so has the heartbeat of a consumer that waits for one.
    const answer = [message.reply, message.headers?.get(stalledHeader)].find((subject) => (subject ?? '') !== '');
    if (answer === undefined) this.#countIdleBeat();
    else this.#options.connection.publish(answer);
  }

  /** A heartbeat does not say that all was sent (measured, on a server under load): a snapshot that stands still is lost. */
  #countIdleBeat(): void {
    this.#idleBeats += 1;
    if (!this.#hasSnapshot && this.#idleBeats > maxIdleBeats)
      this.lose('the server stopped in the middle of the snapshot');
  }

  #emitEntry(message: Msg, sequence: number): void {
    const operation = message.headers?.get('KV-Operation') ?? '';
    // A copy: what came is a part of a larger buffer, which would stay as long as the value.
    const value = operation === 'DEL' || operation === 'PURGE' ? null : new Uint8Array(message.data);
    this.#emit({ kind: 'Entry', entry: { key: message.subject.slice(keyPrefix.length), sequence, value } });
  }

  #endSnapshot(): void {
    if (this.#hasSnapshot) return;
    this.#hasSnapshot = true;
    this.#emit({ kind: 'SnapshotEnded' });
  }

  #emit(event: WatchEvent): void {
    if (this.#isOpen) this.#options.onEvent(event);
  }

  #countSilence(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats > maxSilentBeats) {
      this.lose(`nothing came for ${this.#silentBeats * this.#options.heartbeatMs} ms, not even a heartbeat`);
    }
  }

  #end(): void {
    this.#isOpen = false;
    clearInterval(this.#beat);
    this.#subscription.unsubscribe();
    this.#options.onEnd();
  }
}
