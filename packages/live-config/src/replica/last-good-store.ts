/**
 * Keeps the last good table of one range on disk: restores it at the start, writes changes some time after they were applied,
 * together, and again later when that fails. Nobody waits for it. Invariant: what it holds in memory is what is not on disk yet.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { LastGoodError, parseRecordLine } from './last-good-format.ts';
import { readTable } from './last-good-reader.ts';
import { type GoodVersion, type TableUpdate, writeTable } from './last-good-writer.ts';
import type { RestoredRecord, TableHeader } from './replica-step.ts';

const firstDelayMs = 100;
const minIntervalMs = 2_000;
/** At most a twentieth of the time is spent on writing, however large the table. */
const restFactor = 20;
const maxIntervalMs = 120_000;
const retryMs = 5_000;

export interface LastGoodStoreConfig {
  readonly range: ConfigRange;
  readonly directory: string;
}

export interface LastGoodStoreDeps {
  readonly nowMs: () => number;
  /** The table on disk is not there any more: a whole one is needed. */
  readonly onLost: (reason: string) => void;
  /** It is tried again. */
  readonly onNotSaved: (reason: string) => void;
}

export interface RestoreSteps {
  readonly part: (records: readonly RestoredRecord[]) => void;
  /** What was given of this table is to be forgotten. */
  readonly refused: (reason: string) => void;
}

export class LastGoodStore {
  readonly #config: LastGoodStoreConfig;
  readonly #deps: LastGoodStoreDeps;
  readonly #current: string;
  readonly #previous: string;
  #base: string | null = null;
  #pending: TableUpdate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #notBeforeMs = 0;
  #isClosed = false;
  #saved = 0;
  #notSaved = 0;

  constructor(config: LastGoodStoreConfig, deps: LastGoodStoreDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#current = join(config.directory, `${config.range}.last-good`);
    this.#previous = `${this.#current}.previous`;
  }

  /** Totals since the start: tables written, and attempts to write one that failed. */
  get counters(): { readonly tablesSaved: number; readonly tablesNotSaved: number } {
    return { tablesSaved: this.#saved, tablesNotSaved: this.#notSaved };
  }

  /** The header of the table whose parts were given; null: there is none that can be used. */
  async restore(steps: RestoreSteps): Promise<TableHeader | null> {
    try {
      await mkdir(this.#config.directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.#tellNotSaved(error);
    }
    for (const path of [this.#current, this.#previous]) {
      const header = await this.#restoreFrom(path, steps);
      if (header === null) continue;
      this.#base = path;
      return header;
    }
    return null;
  }

  save(update: TableUpdate): void {
    this.#pending = this.#pending === null ? update : merged(this.#pending, update);
    this.#schedule();
  }

  /** Writes what is pending, once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#writing;
    if (this.#pending !== null) await this.#write(this.#pending);
  }

  async #restoreFrom(path: string, steps: RestoreSteps): Promise<TableHeader | null> {
    try {
      let found: TableHeader | null = null;
      for await (const { header, lines } of readTable(this.#config.range, path)) {
        found = header;
        steps.part(lines.map(parseRecordLine));
      }
      return found;
    } catch (error) {
      if (!isMissing(error)) steps.refused(`${path}: ${messageOf(error)}`);
      return null;
    }
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing !== null || this.#isClosed || this.#pending === null) return;
    const delayMs = Math.max(firstDelayMs, this.#notBeforeMs - this.#deps.nowMs());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#pending !== null) this.#writing = this.#write(this.#pending);
    }, delayMs);
  }

  /** Never rejects. */
  async #write(update: TableUpdate): Promise<void> {
    this.#pending = null;
    const beganMs = this.#deps.nowMs();
    const paths = { range: this.#config.range, current: this.#current, previous: this.#previous, base: this.#base };
    try {
      if (!update.isWhole && this.#base === null) throw new LastGoodError('there is none to change');
      await writeTable(update, paths);
      this.#base = this.#current;
      this.#saved += 1;
      const tookMs = this.#deps.nowMs() - beganMs;
      this.#notBeforeMs = this.#deps.nowMs() + Math.min(maxIntervalMs, Math.max(minIntervalMs, tookMs * restFactor));
    } catch (error) {
      this.#failed(update, error);
    }
    this.#writing = null;
    this.#schedule();
  }

  #failed(update: TableUpdate, error: unknown): void {
    this.#notBeforeMs = this.#deps.nowMs() + retryMs;
    const isLost = error instanceof LastGoodError || isMissing(error);
    if (isLost && this.#base !== null) {
      // What the changes go on top of is gone or damaged: they are of no use alone.
      this.#base = null;
      this.#pending = update.isWhole ? this.#restored(update) : null;
      if (!update.isWhole) this.#deps.onLost(messageOf(error));
    } else this.#pending = this.#restored(update);
    this.#tellNotSaved(error);
  }

  #tellNotSaved(error: unknown): void {
    this.#notSaved += 1;
    this.#deps.onNotSaved(messageOf(error));
  }

  /** What was saved meanwhile is the newer. */
  #restored(update: TableUpdate): TableUpdate {
    return this.#pending === null ? update : merged(update, this.#pending);
  }
}

function merged(earlier: TableUpdate, later: TableUpdate): TableUpdate {
  if (later.isWhole) return { ...later, good: goodOf(earlier, later) };
  const good = goodOf(earlier, later);
  const rejected = new Map(earlier.rejected);
  for (const key of earlier.rejected.keys()) if (later.changes.facts.indexOf(key) >= 0) rejected.delete(key);
  for (const [key, reason] of later.rejected) rejected.set(key, reason);
  // In place: what is saved belongs to the store, and a whole table is large.
  const { changes } = earlier;
  changes.merge(later.changes);
  return { header: later.header, isWhole: earlier.isWhole, changes, rejected, good };
}

/** What stays in force of the resources that are rejected in the end, where it is not on disk. */
function goodOf(earlier: TableUpdate, later: TableUpdate): ReadonlyMap<string, GoodVersion | null> {
  const good = new Map(earlier.good);
  for (const key of good.keys()) {
    if (later.changes.facts.indexOf(key) >= 0 && !later.rejected.has(key)) good.delete(key);
  }
  for (const key of later.rejected.keys()) {
    const before = earlier.changes.get(key);
    if (before === null ? !earlier.isWhole : earlier.rejected.has(key)) continue; // as it was before that
    const { generation = 0, specText = null } = before ?? {};
    good.set(key, specText === null ? null : { generation, specText });
  }
  return good;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
