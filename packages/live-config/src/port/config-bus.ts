/**
 * What the live configuration needs of a message system, as small as its users need it: a bucket of keys with
 * compare-and-set, watches that begin with a snapshot, blobs, and acknowledgements. NATS is one implementation, memory the
 * other; one suite of tests holds both to this text. Messages may be lost, late, doubled; a bucket may vanish and come
 * back empty. What follows from that is decided by the pure cores in `publisher/` and `replica/`, not here.
 */

export interface BusEntry {
  readonly key: string;
  /** Grows with every write to the bucket, over all keys; starts again when the bucket is made anew. */
  readonly sequence: number;
  /** null: the key was deleted or purged behind our back (nobody here deletes keys: deletions are entries of their own). */
  readonly value: Uint8Array | null;
}

export type PutOutcome =
  | { readonly kind: 'Stored'; readonly sequence: number }
  /** The key's last sequence is another than expected: nothing was written. */
  | { readonly kind: 'Conflict' }
  /** No answer in time, or the connection broke: it may have been written, or may be written half a minute later. */
  | { readonly kind: 'Unknown'; readonly reason: string }
  /** Never will be: permissions, size. */
  | { readonly kind: 'Denied'; readonly reason: string };

export type WatchEvent =
  | { readonly kind: 'Entry'; readonly entry: BusEntry }
  /** Every key that was there when the watch began has been reported, also when there was none. */
  | { readonly kind: 'SnapshotEnded' }
  /** Nothing more comes. The only way a watch may end unasked; never silently. */
  | { readonly kind: 'Lost'; readonly reason: string };

export interface Watch {
  close(): void;
}

export interface WatchOptions {
  /** Key filters as NATS writes them: `users.>`, `head.users`. */
  readonly filters: readonly string[];
  /** Absent: the last value of every key, then what follows. Else: everything behind this sequence, no snapshot before. */
  readonly behindSequence?: number;
  readonly onEvent: (event: WatchEvent) => void;
}

export type ConnectionState =
  /** `bucket` identifies the bucket: another one means that it was made anew. */
  { readonly kind: 'Connected'; readonly bucket: string } | { readonly kind: 'Disconnected'; readonly reason: string };

export interface ReceivedAck {
  /** The subject of the message itself; a deputy may have aimed another at us. */
  readonly subject: string;
  readonly payload: Uint8Array;
}

export interface ConfigBus {
  /** The present state at once, then every change; a bucket made anew is noticed within five seconds. */
  onState(listener: (state: ConnectionState) => void): void;
  watch(options: WatchOptions): Watch;
  /** The last value of a key. Rejects with BusError when nobody answers. */
  read(key: string): Promise<BusEntry | null>;
  /** Writes if the key's last sequence is `expectedSequence`; 0: if the key has never been written. Never rejects. */
  put(key: string, value: Uint8Array, expectedSequence: number): Promise<PutOutcome>;
  putBlob(name: string, bytes: Uint8Array): Promise<void>;
  /** null: there is none. Rejects with BusError when nobody answers for a while, however long all of it takes. */
  getBlob(name: string): Promise<Uint8Array | null>;
  /** Keeps the blobs named and drops the others that begin with `prefix`. */
  pruneBlobs(prefix: string, keep: readonly string[]): Promise<void>;
  /** At most once, as acknowledgements are. */
  sendAck(proxy: string, payload: Uint8Array): void;
  onAck(listener: (ack: ReceivedAck) => void): void;
  close(): Promise<void>;
}

/** The message system did not do what was asked; trying again later may help. */
export class BusError extends Error {
  readonly code = 'SLUICE_BUS';
  override readonly name = 'BusError';
}
