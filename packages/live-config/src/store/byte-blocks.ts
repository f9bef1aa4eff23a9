/**
 * Short byte strings outside the JavaScript heap, in chunks that never move: a million of them cost the garbage collector
 * nothing. What is freed is used again for what is as long, rounded to eight bytes; nothing is given back to the system.
 * Invariant: a reference is good from `put` to `free`; 0 is never one.
 */
import { Buffer } from 'node:buffer';

const unit = 8;
const lengthBytes = 2;
const maxLength = 2 ** 16 - 1;
const chunkBytes = 2 ** 20;
const chunkUnits = chunkBytes / unit;
const firstChunkBytes = 256;

export class ByteBlocks {
  readonly #chunks: Buffer[] = [];
  /** In units, over all chunks; the first unit is left out. */
  #end = 1;
  /** By size in units, the first free block; each holds the reference of the next. */
  readonly #free = new Map<number, number>();

  /** The reference of a copy. */
  put(bytes: Uint8Array): number {
    const { length } = bytes;
    if (length > maxLength) throw new RangeError(`a block of ${length} bytes is too long (at most ${maxLength})`);
    const reference = this.#take(unitsOf(length));
    const chunk = this.#chunkOf(reference);
    const at = offsetOf(reference);
    chunk.writeUInt16LE(length, at);
    chunk.set(bytes, at + lengthBytes);
    return reference;
  }

  free(reference: number): void {
    const chunk = this.#chunkOf(reference);
    const at = offsetOf(reference);
    this.#release(reference, unitsOf(chunk.readUInt16LE(at)));
  }

  isEqual(reference: number, bytes: Uint8Array): boolean {
    const chunk = this.#chunkOf(reference);
    const at = offsetOf(reference);
    if (chunk.readUInt16LE(at) !== bytes.length) return false;
    for (let index = 0; index < bytes.length; index += 1) {
      if (chunk[at + lengthBytes + index] !== bytes[index]) return false;
    }
    return true;
  }

  /** What was put, as UTF-8. */
  text(reference: number): string {
    const chunk = this.#chunkOf(reference);
    const at = offsetOf(reference);
    return chunk.toString('utf8', at + lengthBytes, at + lengthBytes + chunk.readUInt16LE(at));
  }

  #take(units: number): number {
    const free = this.#free.get(units);
    if (free !== undefined) {
      const next = this.#chunkOf(free).readUInt32LE(offsetOf(free));
      if (next === 0) this.#free.delete(units);
      else this.#free.set(units, next);
      return free;
    }
    const left = chunkUnits - (this.#end % chunkUnits);
    if (left < units) {
      this.#ensure(left);
      this.#release(this.#end, left);
      this.#end += left;
    }
    this.#ensure(units);
    const reference = this.#end;
    this.#end += units;
    return reference;
  }

  #release(reference: number, units: number): void {
    this.#chunkOf(reference).writeUInt32LE(this.#free.get(units) ?? 0, offsetOf(reference));
    this.#free.set(units, reference);
  }

  /** Room for a block at the end. Only the first chunk grows: small tables are many. */
  #ensure(units: number): void {
    const index = Math.floor(this.#end / chunkUnits);
    const chunk = this.#chunks[index];
    const size = offsetOf(this.#end) + units * unit;
    if (chunk === undefined && index > 0) this.#chunks.push(Buffer.allocUnsafeSlow(chunkBytes));
    else if (chunk === undefined || chunk.length < size) {
      const larger = Buffer.allocUnsafeSlow(roundedUp(size));
      larger.set(chunk ?? []);
      this.#chunks[0] = larger;
    }
  }

  #chunkOf(reference: number): Buffer {
    const chunk = this.#chunks[Math.floor(reference / chunkUnits)];
    if (chunk === undefined) throw new RangeError(`${reference} is no reference of a block`);
    return chunk;
  }
}

function unitsOf(length: number): number {
  return Math.ceil((lengthBytes + length) / unit);
}

function offsetOf(reference: number): number {
  return (reference % chunkUnits) * unit;
}

function roundedUp(size: number): number {
  return Math.min(chunkBytes, Math.max(firstChunkBytes, 2 ** Math.ceil(Math.log2(size))));
}
