/** Reads last good tables line by line, whatever their size. Invariant: who has read to the end has read what was written. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { endLine, keyOfLine, LastGoodError, parseHeaderLine } from './last-good-format.ts';
import type { TableHeader } from './replica-step.ts';

const chunkBytes = 1 << 18;
const maxLineBytes = 2 ** 20 + 4096;

/** Some hundred lines without their ends; the first part begins with the header, which is parsed. */
export interface TablePart {
  readonly header: TableHeader;
  readonly lines: readonly string[];
}

/** Throws LastGoodError, at its end at the latest, if it is not whole. */
export async function* readTable(range: string, path: string): AsyncGenerator<TablePart> {
  const reading = new TableReading(range);
  for await (const lines of readLines(path)) {
    const part = lines.filter((line) => reading.isRecord(line));
    if (reading.header !== null) yield { header: reading.header, lines: part };
  }
  if (!reading.isEnded) throw new LastGoodError('its end is missing (it is torn)');
}

class TableReading {
  readonly #range: string;
  readonly #hash = createHash('sha256');
  header: TableHeader | null = null;
  isEnded = false;
  #records = 0;

  constructor(range: string) {
    this.#range = range;
  }

  /** Takes the next line; false: it is the first or the last. */
  isRecord(line: string): boolean {
    if (this.isEnded) throw new LastGoodError('something follows its last line');
    if (this.header !== null && keyOfLine(line) === null) {
      this.#end(line);
      return false;
    }
    this.#hash.update(line).update('\n');
    if (this.header === null) {
      this.header = parseHeaderLine(this.#range, line);
      return false;
    }
    this.#records += 1;
    return true;
  }

  #end(line: string): void {
    if (`${line}\n` !== endLine(this.#records, this.#hash.digest('hex'))) {
      throw new LastGoodError('its checksum is not that of its lines (it was damaged)');
    }
    this.isEnded = true;
  }
}

async function* readLines(path: string): AsyncGenerator<readonly string[]> {
  let rest = '';
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: chunkBytes });
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineBytes) throw new LastGoodError('a line of it is too long');
    yield lines;
  }
  if (rest !== '') throw new LastGoodError('it ends in the middle of a line (it is torn)');
}
