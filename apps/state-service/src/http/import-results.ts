/**
 * The lines of an import on their way into the store, and what became of each on its way to the client. Memory holds one
 * batch of rows, whatever the size of the body; an import with too many unreadable lines is ended, because it is not one.
 */
import type { ImportResult } from '@sluice/contract/state-api/transfer-line.ts';
import type { ImportConflictMode, ImportOutcome, ImportRow } from '../domain/import-row.ts';
import type { StateStore, WriteContext } from '../domain/state-store.ts';
import { readImportLine } from './import-lines.ts';
import { ndjsonLines } from './ndjson-lines.ts';
import { problemOf } from './problem-answer.ts';

export interface ImportBounds {
  readonly maxImportBytes: number;
  readonly maxLineBytes: number;
}

export interface ImportRun {
  readonly store: StateStore;
  readonly context: WriteContext;
  readonly onConflict: ImportConflictMode;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

const maxRefusedLines = 1000;

/** One line of JSON for each line of the body, not always in their order, and a summary. Rejects only before the first. */
export async function* importResults(
  body: AsyncIterable<Uint8Array>,
  bounds: ImportBounds,
  run: ImportRun,
): AsyncGenerator<Buffer> {
  const intake = new ImportIntake(body, bounds);
  const tally = { created: 0, replaced: 0, failed: 0 };
  const progress = { isAnswering: false };
  const emit = (result: ImportResult): Buffer => {
    progress.isAnswering = true;
    if (result.kind !== 'Summary') tally[tallied[result.kind]] += 1;
    return Buffer.from(`${JSON.stringify(result)}\n`);
  };
  try {
    const { store, context, onConflict, signal } = run;
    for await (const outcome of store.importRows(context, intake.rows(), { onConflict, signal })) {
      for (const refused of intake.takeRefused()) yield emit(refused);
      yield emit(resultOf(outcome, intake.takeLine()));
    }
  } catch (error) {
    if (!progress.isAnswering) throw error;
    run.onFailure(error);
    intake.endEarly(problemOf(error).message);
  }
  for (const refused of intake.takeRefused()) yield emit(refused);
  const { endedEarly } = intake;
  const cause = endedEarly === null ? {} : { detail: endedEarly };
  yield emit({ kind: 'Summary', ...tally, isComplete: endedEarly === null, ...cause });
}

const tallied = { Created: 'created', Replaced: 'replaced', Failed: 'failed' } as const;

/** Reads the body as rows, and keeps which line each row was and which lines were none. */
class ImportIntake {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #bounds: ImportBounds;
  readonly #lines: number[] = [];
  #refused: ImportResult[] = [];
  #refusedCount = 0;
  #endedEarly: string | null = null;

  constructor(body: AsyncIterable<Uint8Array>, bounds: ImportBounds) {
    this.#body = body;
    this.#bounds = bounds;
  }

  /** Why not every line was looked at; null when all were. */
  get endedEarly(): string | null {
    return this.#endedEarly;
  }

  endEarly(reason: string): void {
    this.#endedEarly ??= reason;
  }

  /** The line of the row whose outcome is next. */
  takeLine(): number {
    return this.#lines.shift() ?? 0;
  }

  takeRefused(): readonly ImportResult[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  async *rows(): AsyncGenerator<ImportRow> {
    for await (const line of ndjsonLines(this.#chunks(), this.#bounds.maxLineBytes)) {
      if (line.kind === 'Unreadable') {
        this.#refuse({ kind: 'Failed', line: line.number, detail: `The line ${line.detail}` });
      } else {
        const read = readImportLine(line.text);
        if (read.kind === 'Row') {
          this.#lines.push(line.number);
          yield read.row;
        } else if (read.kind === 'Refused') {
          const errors = read.errors.length === 0 ? {} : { errors: [...read.errors] };
          this.#refuse({ kind: 'Failed', line: line.number, detail: read.detail, ...errors });
        }
      }
      if (this.#endedEarly !== null) return;
    }
  }

  #refuse(result: ImportResult): void {
    this.#refused.push(result);
    this.#refusedCount += 1;
    if (this.#refusedCount >= maxRefusedLines) {
      this.endEarly(`${maxRefusedLines} lines were not right; the rest was not looked at`);
    }
  }

  /** Ends rather than fails, so that the rows before are stored and answered. */
  async *#chunks(): AsyncGenerator<Uint8Array> {
    const { maxImportBytes } = this.#bounds;
    let bytes = 0;
    try {
      for await (const chunk of this.#body) {
        bytes += chunk.length;
        if (bytes > maxImportBytes) {
          this.endEarly(`the body is larger than ${maxImportBytes} bytes; the rest was not looked at`);
          return;
        }
        yield chunk;
      }
    } catch {
      this.endEarly('the body was cut short');
    }
  }
}

function resultOf(outcome: ImportOutcome, line: number): ImportResult {
  const { kind, name } = outcome;
  return kind === 'Failed' ? { kind, line, name, detail: outcome.message } : { kind, line, name };
}
