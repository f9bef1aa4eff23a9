/**
 * Texts that many have in common, each once, by number; a text goes with the last who has it. They are outside the JavaScript heap,
 * because everybody may have one of his own: a map of a million strings stops all decisions for as long as it takes to grow.
 */
import { Column } from '@sluice/live-config/store/column.ts';
import { PackedKeys } from '@sluice/live-config/store/packed-keys.ts';
import { LongTexts } from './long-texts.ts';

/** In UTF-16 units: as UTF-8 it fits a block. Few are longer. */
const longestShort = 20_000;

export class SharedTexts {
  readonly #short = new PackedKeys();
  readonly #holders = new Column(Uint32Array);
  readonly #long = new LongTexts();

  /** For one holder more. Even numbers are of short texts. */
  hold(text: string): number {
    if (text.length > longestShort || !text.isWellFormed()) return this.#long.hold(text) * 2 + 1;
    const index = this.#short.take(text);
    this.#holders.set(index, this.#holders.at(index) + 1);
    return index * 2;
  }

  /** For one holder less. */
  release(number: number): void {
    const index = number >>> 1;
    if (number % 2 === 1) return this.#long.release(index);
    const holders = this.#holders.at(index);
    if (holders === 0) return;
    this.#holders.set(index, holders - 1);
    if (holders === 1) this.#short.delete(this.#short.keyAt(index));
  }

  text(number: number): string {
    const index = number >>> 1;
    if (number % 2 === 1) return this.#long.text(index);
    return this.#short.has(index) ? this.#short.keyAt(index) : '';
  }
}
