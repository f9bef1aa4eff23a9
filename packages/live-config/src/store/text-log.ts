/**
 * Texts in the order they came, for as long as it takes to put them somewhere: of many, all but the last are compressed, so that
 * the specs of a million users are some sixty megabytes outside the JavaScript heap. Texts hold no line ends.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Below the size at which a string would only be collected with everything else. */
const chunkLength = 1 << 16;
const chunkCount = 512;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface Chunk {
  /** Position of its first text. */
  readonly first: number;
  readonly bytes: Uint8Array;
}

export class TextLog {
  readonly #chunks: Chunk[] = [];
  /** The last texts, not compressed yet. */
  #tail: string[] = [];
  #tailFirst = 0;
  #tailLength = 0;
  /** The chunk that was read last. */
  #opened: { readonly first: number; readonly texts: readonly string[] } | null = null;

  /** Of all texts, those that were drained included. */
  get end(): number {
    return this.#tailFirst + this.#tail.length;
  }

  /** Its position. */
  append(text: string): number {
    const position = this.end;
    this.#tail.push(text);
    this.#tailLength += text.length;
    if (this.#tail.length >= chunkCount || this.#tailLength >= chunkLength) this.#seal();
    return position;
  }

  /** undefined: it was drained. */
  at(position: number): string | undefined {
    if (position >= this.#tailFirst) return this.#tail[position - this.#tailFirst];
    const chunk = this.#chunkAt(position);
    return chunk === undefined ? undefined : this.#open(chunk)[position - chunk.first];
  }

  /** Lets go of what is before a position, chunk by chunk. */
  dropBefore(position: number): void {
    const next = this.#chunks[1]?.first ?? this.#tailFirst;
    if (this.#chunks.length > 0 && next <= position) this.#chunks.shift();
  }

  #seal(): void {
    const bytes = zstdCompressSync(this.#tail.join('\n'), compression);
    // A copy: what is returned may be a small part of a large buffer.
    this.#chunks.push({ first: this.#tailFirst, bytes: new Uint8Array(bytes) });
    this.#tailFirst = this.end;
    this.#tail = [];
    this.#tailLength = 0;
  }

  /** The last chunk that does not begin behind the position. */
  #chunkAt(position: number): Chunk | undefined {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.first ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#chunks[low - 1];
  }

  #open({ first, bytes }: Chunk): readonly string[] {
    if (this.#opened?.first !== first) {
      this.#opened = { first, texts: zstdDecompressSync(bytes).toString('utf8').split('\n') };
    }
    return this.#opened.texts;
  }
}
