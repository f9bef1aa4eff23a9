/**
 * Counts and hashes one direction of a stream.
 */
import { createHash } from 'node:crypto';

export interface StreamDigest {
  readonly bytes: number;
  readonly sha256: string;
}

export class DigestStream {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The result; nothing may be added after. */
  finish(): StreamDigest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
