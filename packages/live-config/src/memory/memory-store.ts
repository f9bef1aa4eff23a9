/**
 * The bucket, the blobs and the acknowledgements of a live configuration whose parts all run in one process (`make run`,
 * models and tests). Each part attaches with `connect`. What NATS can do to its clients can be done here too: the bucket
 * made anew, a key deleted behind their backs, a client cut off. Bytes are copied with a constructor: `slice` of a Buffer
 * copies nothing.
 */
import { randomUUID } from 'node:crypto';
import type { BusEntry, PutOutcome, ReceivedAck } from '../port/config-bus.ts';
import { MemoryBus } from './memory-bus.ts';

export interface MemoryStoreOptions {
  /** Larger values are denied, as the bucket on NATS denies them. */
  readonly maxValueBytes?: number;
}

/** What the store tells each client that is attached. */
export interface MemoryClient {
  entry(entry: BusEntry): void;
  ack(ack: ReceivedAck): void;
  recreated(): void;
}

const defaultMaxValueBytes = 512 * 1024;

export class MemoryStore {
  readonly #maxValueBytes: number;
  readonly #clients = new Set<MemoryClient>();
  readonly #blobs = new Map<string, Uint8Array>();
  #entries = new Map<string, BusEntry>();
  #sequence = 0;
  #bucket: string = randomUUID();

  constructor(options: MemoryStoreOptions = {}) {
    this.#maxValueBytes = options.maxValueBytes ?? defaultMaxValueBytes;
  }

  /** A client of its own; close it. */
  connect(): MemoryBus {
    const bus = new MemoryBus(this, () => this.#clients.delete(bus));
    this.#clients.add(bus);
    return bus;
  }

  get bucket(): string {
    return this.#bucket;
  }

  /** In order of sequence. */
  entriesBehind(sequence: number): readonly BusEntry[] {
    // A key that is written again moves to the end of the map, so the map is in order of sequence.
    return [...this.#entries.values()].filter((entry) => entry.sequence > sequence);
  }

  read(key: string): BusEntry | null {
    return this.#entries.get(key) ?? null;
  }

  put(key: string, value: Uint8Array, expectedSequence: number): PutOutcome {
    if (value.byteLength > this.#maxValueBytes) {
      return { kind: 'Denied', reason: `${value.byteLength} bytes are more than ${this.#maxValueBytes}` };
    }
    if ((this.#entries.get(key)?.sequence ?? 0) !== expectedSequence) return { kind: 'Conflict' };
    return { kind: 'Stored', sequence: this.#write(key, new Uint8Array(value)) };
  }

  /** As an operator of the bucket could: a marker stays, and watches see it. */
  deleteKey(key: string): void {
    this.#write(key, null);
  }

  /** Deletes the bucket and makes it anew, empty, its sequences beginning again. Blobs stay. */
  recreate(): void {
    this.#bucket = randomUUID();
    this.#entries = new Map();
    this.#sequence = 0;
    for (const client of this.#clients) client.recreated();
  }

  publishAck(ack: ReceivedAck): void {
    for (const client of this.#clients) client.ack(ack);
  }

  putBlob(name: string, bytes: Uint8Array): void {
    this.#blobs.set(name, new Uint8Array(bytes));
  }

  getBlob(name: string): Uint8Array | null {
    const bytes = this.#blobs.get(name);
    return bytes === undefined ? null : new Uint8Array(bytes);
  }

  pruneBlobs(prefix: string, keep: ReadonlySet<string>): void {
    for (const name of this.#blobs.keys()) {
      if (name.startsWith(prefix) && !keep.has(name)) this.#blobs.delete(name);
    }
  }

  #write(key: string, value: Uint8Array | null): number {
    this.#sequence += 1;
    const entry = { key, sequence: this.#sequence, value };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const client of this.#clients) client.entry(entry);
    return this.#sequence;
  }
}

/** A store of its own, empty. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}
