/**
 * Writes a last good table beside the one there is: what did not change is copied from it, so that nobody holds the specs of all
 * resources in memory. Invariant: under the table's name there is a whole one at any time, the old or the new.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ChangeSet } from './change-set.ts';
import { endLine, headerLine, keyOfLine, parseRecordLine, recordLine } from './last-good-format.ts';
import { readTable } from './last-good-reader.ts';
import type { RestoredRecord, TableHeader } from './replica-step.ts';

const chunkLength = 1 << 18;

export interface TableUpdate {
  readonly header: TableHeader;
  /** The changes are all there is. */
  readonly isWhole: boolean;
  readonly changes: ChangeSet;
  /** Why those of `changes` that are not in force are not, by key. */
  readonly rejected: ReadonlyMap<string, string>;
  /** Of those rejected, what is in force in their place where it is newer than the table on disk; null: nothing is. */
  readonly good?: ReadonlyMap<string, GoodVersion | null>;
}

export type GoodVersion = NonNullable<RestoredRecord['good']>;

export interface TablePaths {
  readonly range: string;
  readonly current: string;
  /** The table that was current before. */
  readonly previous: string;
  /** Which of them the changes go on top of; null: neither, they are whole. */
  readonly base: string | null;
}

export async function writeTable(update: TableUpdate, paths: TablePaths): Promise<void> {
  const fresh = `${paths.current}.new`;
  try {
    const handle = await open(fresh, 'w', 0o600);
    try {
      await writeLines(new LineWriter(handle), update, paths);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (paths.base === paths.current) await keepPrevious(paths);
    await rename(fresh, paths.current);
    await syncDirectory(dirname(paths.current));
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}

async function writeLines(writer: LineWriter, update: TableUpdate, { range, base }: TablePaths): Promise<void> {
  const { header, isWhole, changes, rejected } = update;
  const good = await goodVersions(update, range, base);
  await writer.write(headerLine(range, header));
  let records = 0;
  for await (const line of isWhole || base === null ? [] : recordLines(range, base)) {
    if (changes.facts.indexOf(keyOfLine(line) ?? '') >= 0) continue;
    records += 1;
    await writer.write(`${line}\n`);
  }
  for (const { key, epoch, generation, hash, specText } of changes) {
    if (specText === null) continue;
    const reason = rejected.get(key) ?? null;
    const inForce = reason === null ? { generation, specText } : (good.get(key) ?? null);
    records += 1;
    await writer.write(recordLine({ key, epoch, generation, hash, good: inForce, reason }));
  }
  await writer.end(records);
}

/** Of the rejected ones, the versions that stay in force. */
async function goodVersions(
  { rejected, good: newer = new Map() }: TableUpdate,
  range: string,
  base: string | null,
): Promise<ReadonlyMap<string, GoodVersion | null>> {
  const found = new Map<string, GoodVersion | null>(newer);
  if (rejected.size === 0 || base === null) return found;
  for await (const line of recordLines(range, base)) {
    const key = keyOfLine(line) ?? '';
    const good = rejected.has(key) && !newer.has(key) ? parseRecordLine(line).good : null;
    if (good !== null) found.set(key, good);
  }
  return found;
}

async function* recordLines(range: string, path: string): AsyncGenerator<string> {
  for await (const { lines } of readTable(range, path)) yield* lines;
}

class LineWriter {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];
  #length = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(line: string): Promise<void> {
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= chunkLength) await this.#flush();
  }

  async end(records: number): Promise<void> {
    await this.#flush();
    await this.#handle.appendFile(endLine(records, this.#hash.digest('hex')));
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    this.#hash.update(bytes);
    await this.#handle.appendFile(bytes);
  }
}

/** By a second name: under the first there is never nothing. */
async function keepPrevious({ current, previous }: TablePaths): Promise<void> {
  await rm(previous, { force: true });
  await link(current, previous);
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
