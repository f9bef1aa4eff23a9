/**
 * Puts under way, one of a key at a time. A put without an answer, or with a conflict, is read back: whether it was written is
 * known only then. Invariant: a flight ends when its value is known to be stored, or when it is dropped; never by a time-out.
 */
import type { ReadEntry } from '../digest/read-message.ts';

export interface Flight {
  readonly put: number;
  readonly key: string;
  readonly value: Uint8Array;
  /** null: it is the head. */
  readonly entry: ReadEntry | null;
  expectedSequence: number;
  /** Of the latest entry of somebody else that the watch showed meanwhile; 0: none. */
  foreignSequence: number;
  attempts: number;
  /** When to read the key back again; null: an answer is awaited. */
  readAtMs: number | null;
}

const retryMs = 100;
const maxRetryMs = 2_000;

export class PutWindow {
  readonly #flights = new Map<number, Flight>();
  readonly #byKey = new Map<string, Flight>();
  /** Keys of flights that were dropped: whether their values are, or will be, in the bucket is not known. */
  readonly #dropped = new Set<string>();
  #lastPut = 0;

  get size(): number {
    return this.#flights.size;
  }

  open(key: string, value: Uint8Array, entry: ReadEntry | null, expectedSequence: number): Flight {
    this.#lastPut += 1;
    const rest = { expectedSequence, foreignSequence: 0, attempts: 0, readAtMs: null };
    const flight: Flight = { put: this.#lastPut, key, value, entry, ...rest };
    this.#flights.set(flight.put, flight);
    this.#byKey.set(key, flight);
    return flight;
  }

  byPut(put: number): Flight | null {
    return this.#flights.get(put) ?? null;
  }

  byKey(key: string): Flight | null {
    return this.#byKey.get(key) ?? null;
  }

  /** The flight that this value under its key ends: it is stored. */
  flightOf(key: string, value: Uint8Array | null): Flight | null {
    const flight = this.#byKey.get(key);
    return flight !== undefined && value !== null && isSameValue(flight.value, value) ? flight : null;
  }

  /** Something else was seen under the key of a flight. */
  overtaken(key: string, sequence: number): void {
    const flight = this.#byKey.get(key);
    if (flight !== undefined) flight.foreignSequence = Math.max(flight.foreignSequence, sequence);
  }

  end({ put, key }: Flight): void {
    this.#flights.delete(put);
    this.#byKey.delete(key);
  }

  get dropped(): ReadonlySet<string> {
    return this.#dropped;
  }

  /** Everything under way, until `forgetDropped`. */
  drop(): void {
    for (const { key, entry } of this.#flights.values()) if (entry !== null) this.#dropped.add(key);
    this.#flights.clear();
    this.#byKey.clear();
  }

  forgetDropped(): void {
    this.#dropped.clear();
  }

  /** Reads it back later, each time a little later. */
  postpone(put: number, nowMs: number): void {
    const flight = this.#flights.get(put);
    if (flight === undefined) return;
    flight.attempts += 1;
    flight.readAtMs = nowMs + Math.min(maxRetryMs, retryMs * flight.attempts);
  }

  due(nowMs: number): readonly Flight[] {
    return [...this.#flights.values()].filter(({ readAtMs }) => readAtMs !== null && readAtMs <= nowMs);
  }
}

export function isSameValue(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
