/**
 * Splits the bytes of a watch into lines, wherever the network cut them, and bounds what a line without end may hold.
 * Pure memory.
 */

const newline = 0x0a;

export class LineTooLongError extends Error {
  readonly code = 'KUBE_LINE_TOO_LONG';
  override readonly name = 'LineTooLongError';
}

export class WatchLines {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes held of a line that has not ended. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Lines that the chunk ends, without their newline; empty ones are left out. Throws LineTooLongError. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      this.#hold(chunk.subarray(from, at));
      if (this.#bytes > 0) lines.push(this.#release());
      from = at + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  #hold(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) {
      throw new LineTooLongError(`a line of the watch is longer than ${this.#maxBytes} bytes`);
    }
    this.#parts.push(part);
  }

  /** Joined once at the end: joining chunk by chunk would copy a large line again and again. */
  #release(): string {
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
