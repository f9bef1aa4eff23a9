/**
 * A server program that writes JSON lines: started, killed, paused and started again at will, its lines kept over all runs.
 * Whatever happens, the process is gone in teardown, ended by its id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { CleanupScope } from './cleanup-scope.ts';
import { eventually } from './eventually.ts';
import type { JsonLine, JsonLinePredicate } from './json-lines.ts';
import { stopProcess } from './stop-process.ts';
import { systemPath } from './system-path.ts';

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const startTimeoutMs = 60_000;
const shownLines = 12;

export class ProgramProcess {
  readonly #options: ProgramOptions;
  readonly #lines: JsonLine[] = [];
  readonly #strays: string[] = [];
  #child: ChildProcess | null = null;

  constructor(scope: CleanupScope, options: ProgramOptions) {
    this.#options = options;
    scope.after(() => this.kill());
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Lines of all runs. */
  logs(predicate: JsonLinePredicate = () => true, from = 0): readonly JsonLine[] {
    return this.#lines.slice(from).filter(predicate);
  }

  /** What it wrote that was no JSON line, on either stream, over all runs. */
  get strays(): readonly string[] {
    return this.#strays;
  }

  get logPosition(): number {
    return this.#lines.length;
  }

  /** Starts the process; resolves with its line `ready`. */
  async start(): Promise<JsonLine> {
    this.spawn();
    return await this.waitForLog(({ msg }) => msg === 'ready', { timeoutMs: startTimeoutMs });
  }

  /** Starts the process; `waitForLog` from the position before says how it goes. */
  spawn(): void {
    if (this.isRunning) throw new Error(`${this.#options.command} runs already`);
    const child = spawn(this.#options.command, this.#options.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: systemPath, ...this.#options.env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => this.#keep(text));
    }
    child.on('error', (error) => this.#strays.push(error.message));
    this.#child = child;
    this.#startedAt = this.#lines.length;
  }

  #startedAt = 0;

  /** The first line of this run that fits, now or later; rejects when the process ends or is silent. */
  async waitForLog(predicate: JsonLinePredicate, { timeoutMs = 30_000 } = {}): Promise<JsonLine> {
    const from = this.#startedAt;
    return await eventually(
      () => {
        const line = this.#lines.slice(from).find(predicate);
        if (line === undefined) throw new Error(`no such line; the last: ${this.#tail()}`);
        return line;
      },
      { timeoutMs: this.isRunning ? timeoutMs : 0 },
    );
  }

  /** Sends SIGKILL, also to a paused process, and resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it in its own time. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    if (this.#child?.pid !== undefined && this.isRunning) stopProcess(this.#child.pid);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || !this.isRunning) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #keep(text: string): void {
    try {
      this.#lines.push(JSON.parse(text) as JsonLine);
    } catch {
      this.#strays.push(text);
    }
  }

  #tail(): string {
    const lines = this.#lines.slice(-shownLines).map((line) => JSON.stringify(line));
    return [...lines, ...this.#strays.slice(-shownLines)].join('\n');
  }
}
