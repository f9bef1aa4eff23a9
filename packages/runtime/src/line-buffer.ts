/**
 * Lines as bytes, packed into chunks for writing. A line is encoded once, where it will be written from: keeping strings
 * and joining them later costs three more copies (2.5 µs a line of an access log). Pure memory, bounded in bytes.
 */

export interface Chunk {
  readonly bytes: Buffer;
  offset: number;
}

const chunkBytes = 64 * 1024;
/** Bytes of UTF-8 for one unit of a JavaScript string, at most. */
const maxBytesPerUnit = 3;
const newline = 0x0a;

/** The lines that end in `bytes` from `from` on. */
export function countLines(bytes: Buffer, from: number): number {
  let count = 0;
  for (let at = bytes.indexOf(newline, from); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

export class LineBuffer {
  readonly #maxBytes: number;
  #full: Buffer[] = [];
  #filling: Buffer | null = null;
  #filled = 0;
  #spare: Buffer | null = null;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes not taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a line, with its newline if it has none; false if that would exceed the bound, `reservedBytes` (taken, but not
   * written yet) included.
   */
  add(line: string, reservedBytes: number): boolean {
    const freeBytes = this.#maxBytes - this.#bytes - reservedBytes;
    if (line.length >= freeBytes) return false;
    const worstBytes = line.length * maxBytesPerUnit + 1;
    return worstBytes > chunkBytes ? this.#addLarge(line, freeBytes) : this.#addSmall(line, worstBytes, freeBytes);
  }

  /** The oldest lines, or null: there are none. */
  take(): Chunk | null {
    let bytes = this.#full.shift();
    if (bytes === undefined) {
      if (this.#filling === null || this.#filled === 0) return null;
      bytes = this.#filling.subarray(0, this.#filled);
      this.#filling = null;
    }
    this.#bytes -= bytes.length;
    return { bytes, offset: 0 };
  }

  /** Gives the memory of a chunk back that nothing refers to any more. */
  reuse(chunk: Chunk): void {
    if (chunk.bytes.buffer.byteLength === chunkBytes) this.#spare ??= Buffer.from(chunk.bytes.buffer);
  }

  #addSmall(line: string, worstBytes: number, freeBytes: number): boolean {
    const bytes =
      this.#filling !== null && this.#filled + worstBytes <= chunkBytes ? this.#filling : this.#startChunk();
    const from = this.#filled;
    let end = from + bytes.write(line, from);
    if (end === from || bytes[end - 1] !== newline) {
      bytes[end] = newline;
      end += 1;
    }
    if (end - from > freeBytes) return false;
    this.#filled = end;
    this.#bytes += end - from;
    return true;
  }

  #addLarge(line: string, freeBytes: number): boolean {
    const bytes = Buffer.from(line.endsWith('\n') ? line : `${line}\n`);
    if (bytes.length > freeBytes) return false;
    this.#endChunk();
    this.#full.push(bytes);
    this.#bytes += bytes.length;
    return true;
  }

  #endChunk(): void {
    if (this.#filling === null || this.#filled === 0) return;
    this.#full.push(this.#filling.subarray(0, this.#filled));
    this.#filling = null;
  }

  #startChunk(): Buffer {
    this.#endChunk();
    const chunk = this.#filling ?? this.#spare ?? Buffer.allocUnsafeSlow(chunkBytes);
    this.#spare = null;
    this.#filling = chunk;
    this.#filled = 0;
    return chunk;
  }
}
