/**
 * The JSON lines a program writes, kept in order with the moment each arrived. Lines that are not JSON objects are kept
 * apart: a program that promises JSON lines must have none.
 */
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

export type JsonLine = Readonly<Record<string, unknown>>;
export type JsonLinePredicate = (line: JsonLine) => boolean;

export interface WaitForOptions {
  /** Lines before this position are not looked at. */
  readonly from?: number;
  readonly timeoutMs?: number;
}

function parseObject(text: string): JsonLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonLine) : null;
  } catch {
    return null;
  }
}

export class JsonLines {
  readonly #lines: JsonLine[] = [];
  readonly #strays: string[] = [];
  readonly #watchers = new Set<() => void>();
  #ended = false;

  constructor(stream: Readable) {
    const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on('line', (text) => {
      const line = parseObject(text);
      if (line === null) this.#strays.push(text);
      else this.#lines.push(line);
      this.#notify();
    });
    reader.on('close', () => {
      this.#ended = true;
      this.#notify();
    });
  }

  /** Where the next line will be: hand it to `waitFor` or `all` to look at later lines only. */
  get position(): number {
    return this.#lines.length;
  }

  /** Output lines that were not JSON objects. */
  get strays(): readonly string[] {
    return this.#strays;
  }

  get last(): JsonLine | undefined {
    return this.#lines.at(-1);
  }

  all(predicate: JsonLinePredicate = () => true, from = 0): readonly JsonLine[] {
    return this.#lines.slice(from).filter(predicate);
  }

  /** The first line from `from` on that fits, waiting for it; rejects when the output ends or 20 s pass without one. */
  async waitFor(predicate: JsonLinePredicate, options: WaitForOptions = {}): Promise<JsonLine> {
    const timeoutMs = options.timeoutMs ?? 20_000;
    let next = options.from ?? 0;
    const expires = performance.now() + timeoutMs;
    for (;;) {
      for (; next < this.#lines.length; next += 1) {
        const line = this.#lines[next];
        if (line !== undefined && predicate(line)) return line;
      }
      const left = expires - performance.now();
      if (this.#ended) throw new Error(`the output ended without the line (${this.#summary()})`);
      if (left <= 0) throw new Error(`no such line within ${timeoutMs} ms (${this.#summary()})`);
      await this.#changed(left);
    }
  }

  #summary(): string {
    const tail = this.#lines.slice(-5).map((line) => JSON.stringify(line));
    return `${this.#lines.length} lines, the last: ${[...tail, ...this.#strays.slice(-5)].join(' | ')}`;
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #changed(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#watchers.add(done);
    });
  }
}
