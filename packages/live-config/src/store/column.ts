/**
 * A number for each index, outside the JavaScript heap, in pieces that never move: to add one costs the same however many there
 * are, where one array for all would be copied as a whole, some milliseconds of a million. What was never set is 0.
 */
import { grownArray } from './grown-array.ts';

type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
type NumbersConstructor = new (length: number) => Numbers;

const pieceBits = 14;
const pieceLength = 2 ** pieceBits;
const smallest = 8;

export class Column {
  readonly #Numbers: NumbersConstructor;
  readonly #pieces: Numbers[] = [];

  constructor(kind: NumbersConstructor) {
    this.#Numbers = kind;
  }

  at(index: number): number {
    return this.#pieces[index >>> pieceBits]?.[index & (pieceLength - 1)] ?? 0;
  }

  set(index: number, value: number): void {
    const within = index & (pieceLength - 1);
    const piece = this.#pieces[index >>> pieceBits];
    if (piece !== undefined && within < piece.length) piece[within] = value;
    else if (value !== 0) this.#room(index)[within] = value;
  }

  /** Only the first piece grows: small tables are many. */
  #room(index: number): Numbers {
    const number = index >>> pieceBits;
    while (this.#pieces.length < number) this.#pieces.push(new this.#Numbers(pieceLength));
    const piece = this.#pieces[number];
    const length = number > 0 ? pieceLength : Math.max(smallest, 2 ** Math.ceil(Math.log2(index + 1)));
    const room = piece === undefined ? new this.#Numbers(length) : grownArray(piece, length);
    this.#pieces[number] = room;
    return room;
  }
}
