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
  const hash = createHash('sha256');
  let header: TableHeader | null = null;
  let records = 0;
  let isEnded = false;
  for await (const lines of readLines(path)) {
    const part: string[] = [];
    for (const line of lines) {
      if (isEnded) throw new LastGoodError('something follows its last line');
      const isHeader = header === null;
      header ??= parseHeaderLine(range, line);
      if (!isHeader && keyOfLine(line) === null) {
        // The line checks all before it.
        if (`${line}\n` !== endLine(records, hash.copy().digest('hex'))) {
          throw new LastGoodError('its checksum is not that of its lines (it was damaged)');
        }
        isEnded = true;
        continue;
      }
      hash.update(line).update('\n');
      if (isHeader) continue;
      records += 1;
      part.push(line);
    }
    if (header !== null) yield { header, lines: part };
  }
  if (!isEnded) throw new LastGoodError('its end is missing (it is torn)');
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
