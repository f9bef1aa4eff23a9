/**
 * A stream of counters: 8 bytes each, big-endian, rising by one. The reader finds the first byte that was lost, repeated or
 * changed, however the stream was cut into chunks.
 */
const counterBytes = 8;

export class SequenceWriter {
  #next = 0n;

  /** The next `count` counters. */
  next(count: number): Buffer {
    const bytes = Buffer.alloc(count * counterBytes);
    for (let offset = 0; offset < bytes.length; offset += counterBytes) {
      bytes.writeBigUInt64BE(this.#next, offset);
      this.#next += 1n;
    }
    return bytes;
  }
}

export class SequenceReader {
  #expected = 0n;
  #rest: Buffer = Buffer.alloc(0);

  /** Reads on; returns null, or a sentence about the first counter that is not the expected one. */
  add(chunk: Buffer): string | null {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    for (; offset + counterBytes <= bytes.length; offset += counterBytes) {
      const counter = bytes.readBigUInt64BE(offset);
      if (counter !== this.#expected) return `expected counter ${this.#expected}, found ${counter}`;
      this.#expected += 1n;
    }
    this.#rest = Buffer.from(bytes.subarray(offset));
    return null;
  }
}
