/**
 * One client of a MemoryStore: the port, with everything handed over later and in order, as from a network.
 */
import { ackSubject } from '@sluice/contract/config-subjects.ts';
import {
  type BusEntry,
  BusError,
  type ConfigBus,
  type ConnectionState,
  type PutOutcome,
  type ReceivedAck,
  type Watch,
  type WatchEvent,
  type WatchOptions,
} from '../port/config-bus.ts';
import { EventPump } from './event-pump.ts';
import { compileKeyFilters } from './key-filter.ts';
import type { MemoryClient, MemoryStore } from './memory-store.ts';

interface MemoryWatch {
  readonly matches: (key: string) => boolean;
  readonly emit: (event: WatchEvent) => void;
}

export class MemoryBus implements ConfigBus, MemoryClient {
  readonly #store: MemoryStore;
  readonly #detach: () => void;
  readonly #pump = new EventPump();
  readonly #watches = new Set<MemoryWatch>();
  readonly #stateListeners: ((state: ConnectionState) => void)[] = [];
  readonly #ackListeners: ((ack: ReceivedAck) => void)[] = [];
  #interruption: string | null = null;
  #isClosed = false;

  constructor(store: MemoryStore, detach: () => void) {
    this.#store = store;
    this.#detach = detach;
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#stateListeners.push(listener);
    listener(this.#state());
  }

  watch(options: WatchOptions): Watch {
    let isOpen = true;
    const watch: MemoryWatch = {
      matches: compileKeyFilters(options.filters),
      emit: (event) => {
        this.#pump.push(() => {
          if (!isOpen) return;
          isOpen = event.kind !== 'Lost';
          options.onEvent(event);
        });
      },
    };
    const refusal = this.#refusal();
    if (refusal === null) this.#begin(watch, options.behindSequence ?? 0);
    else watch.emit({ kind: 'Lost', reason: refusal });
    return {
      close: () => {
        isOpen = false;
        this.#watches.delete(watch);
      },
    };
  }

  async read(key: string): Promise<BusEntry | null> {
    return await this.#ask(`read ${key}`, () => this.#store.read(key));
  }

  async put(key: string, value: Uint8Array, expectedSequence: number): Promise<PutOutcome> {
    const copy = new Uint8Array(value);
    await Promise.resolve();
    const refusal = this.#refusal();
    return refusal === null
      ? this.#store.put(key, copy, expectedSequence)
      : { kind: 'Unknown', reason: `put ${key}: ${refusal}` };
  }

  async putBlob(name: string, bytes: Uint8Array): Promise<void> {
    await this.#ask(`put blob ${name}`, () => this.#store.putBlob(name, bytes));
  }

  async getBlob(name: string): Promise<Uint8Array | null> {
    return await this.#ask(`get blob ${name}`, () => this.#store.getBlob(name));
  }

  async pruneBlobs(prefix: string, keep: readonly string[]): Promise<void> {
    await this.#ask(`prune blobs ${prefix}`, () => this.#store.pruneBlobs(prefix, new Set(keep)));
  }

  sendAck(proxy: string, payload: Uint8Array): void {
    if (this.#refusal() !== null) return;
    this.#store.publishAck({ subject: ackSubject(proxy), payload: new Uint8Array(payload) });
  }

  onAck(listener: (ack: ReceivedAck) => void): void {
    this.#ackListeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watches.clear();
    this.#pump.close();
    this.#detach();
    await Promise.resolve();
  }

  /** Cuts this client off until `restore`. */
  interrupt(reason: string): void {
    this.#interruption = reason;
    this.#announce();
    this.#loseWatches(reason);
  }

  restore(): void {
    this.#interruption = null;
    this.#announce();
  }

  entry(entry: BusEntry): void {
    if (this.#refusal() !== null) return;
    for (const watch of this.#watches) {
      if (watch.matches(entry.key)) watch.emit({ kind: 'Entry', entry });
    }
  }

  ack(ack: ReceivedAck): void {
    if (this.#refusal() !== null) return;
    this.#pump.push(() => {
      for (const listener of this.#ackListeners) listener(ack);
    });
  }

  recreated(): void {
    if (this.#refusal() !== null) return;
    const reason = 'the bucket was made anew';
    this.#announce({ kind: 'Disconnected', reason });
    this.#loseWatches(reason);
    this.#announce();
  }

  #begin(watch: MemoryWatch, behindSequence: number): void {
    for (const entry of this.#store.entriesBehind(behindSequence)) {
      if (watch.matches(entry.key)) watch.emit({ kind: 'Entry', entry });
    }
    watch.emit({ kind: 'SnapshotEnded' });
    this.#watches.add(watch);
  }

  /** Why nothing can be asked now; null: it can. */
  #refusal(): string | null {
    return this.#isClosed ? 'the bus is closed' : this.#interruption;
  }

  #state(): ConnectionState {
    const reason = this.#refusal();
    return reason === null ? { kind: 'Connected', bucket: this.#store.bucket } : { kind: 'Disconnected', reason };
  }

  #announce(state = this.#state()): void {
    this.#pump.push(() => {
      for (const listener of this.#stateListeners) listener(state);
    });
  }

  #loseWatches(reason: string): void {
    for (const watch of this.#watches) watch.emit({ kind: 'Lost', reason });
    this.#watches.clear();
  }

  async #ask<T>(what: string, ask: () => T): Promise<T> {
    await Promise.resolve();
    const refusal = this.#refusal();
    if (refusal !== null) throw new BusError(`${what}: ${refusal}`);
    return ask();
  }
}
