/** As many bytes for each index, outside the JavaScript heap, in pieces that never move: see column.ts. What was never set is zero. */
import { grownArray } from './grown-array.ts';

const pieceBits = 12;
const pieceRows = 2 ** pieceBits;
const smallest = 8;

export class ByteRows {
  readonly #width: number;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** A view, good until the next `set`; not to be written to. */
  at(index: number): Uint8Array {
    const start = (index & (pieceRows - 1)) * this.#width;
    const piece = this.#pieces[index >>> pieceBits];
    if (piece === undefined || start >= piece.length) return new Uint8Array(this.#width);
    return piece.subarray(start, start + this.#width);
  }

  set(index: number, bytes: Uint8Array): void {
    this.#room(index).set(bytes, (index & (pieceRows - 1)) * this.#width);
  }

  isEqual(index: number, bytes: Uint8Array): boolean {
    const start = (index & (pieceRows - 1)) * this.#width;
    const piece = this.#pieces[index >>> pieceBits];
    for (let at = 0; at < this.#width; at += 1) if ((piece?.[start + at] ?? 0) !== bytes[at]) return false;
    return true;
  }

  /** Only the first piece grows: small tables are many. */
  #room(index: number): Uint8Array {
    const number = index >>> pieceBits;
    while (this.#pieces.length < number) this.#pieces.push(new Uint8Array(pieceRows * this.#width));
    const piece = this.#pieces[number];
    const rows = number > 0 ? pieceRows : Math.max(smallest, 2 ** Math.ceil(Math.log2(index + 1)));
    if (piece !== undefined && piece.length >= rows * this.#width) return piece;
    const room = piece === undefined ? new Uint8Array(rows * this.#width) : grownArray(piece, rows * this.#width);
    this.#pieces[number] = room;
    return room;
  }
}
