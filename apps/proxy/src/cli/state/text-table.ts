/** Rows under headings, as wide as they must be. A list comes page by page: a column never becomes narrower. Pure but for its widths. */
import { printable } from './printable.ts';

/** A comment of a thousand characters must not push all else off the screen; --json has it whole. */
const maxCellLength = 60;

export class TextTable {
  readonly #headings: readonly string[];
  readonly #widths: number[];
  #isBegun = false;

  constructor(headings: readonly string[]) {
    this.#headings = headings;
    this.#widths = headings.map((heading) => heading.length);
  }

  /** The rows as lines, the headings before the first ones. */
  rows(rows: readonly (readonly string[])[]): string {
    const cells = rows.map((row) => row.map(cell));
    for (const row of cells) {
      for (const [column, text] of row.entries()) {
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, lengthOf(text));
      }
    }
    const all = this.#isBegun ? cells : [this.#headings, ...cells];
    this.#isBegun = true;
    return all.map((row) => this.#line(row)).join('');
  }

  #line(row: readonly string[]): string {
    const padded = row.map((text, column) => text + ' '.repeat((this.#widths[column] ?? 0) - lengthOf(text)));
    return `${padded.join('  ').trimEnd()}\n`;
  }
}

function cell(text: string): string {
  const shown = printable(text);
  if (shown === '') return '-';
  const characters = Array.from(shown);
  return characters.length <= maxCellLength ? shown : `${characters.slice(0, maxCellLength - 1).join('')}…`;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
