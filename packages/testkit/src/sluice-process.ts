/**
 * One running `sluice run`, from its ready line to its exit code. Spawned on a configuration file of its own in a directory
 * of its own; whatever happens, the process is gone in teardown, ended by its id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Address, parseAddress } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { type JsonLine, type JsonLinePredicate, JsonLines, type WaitForOptions } from './json-lines.ts';
import { PrometheusText } from './prometheus-text.ts';
import { sluiceCommand } from './sluice-command.ts';
import { systemPath } from './system-path.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';
import { within } from './within.ts';

export interface SluiceOptions {
  /** The text of sluice.yaml. */
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments after `run --config FILE`. */
  readonly args?: readonly string[];
  /** Put before the command: `ip netns exec NAME`, `prlimit --nofile=64`. It must end in the same process (exec). */
  readonly prefix?: readonly string[];
  /** Use this file instead of one in a directory of its own (nothing is written then). */
  readonly configPath?: string;
  /** Resolve at a line of this `msg` (`not ready`: ports are open, live configuration has not come); `ready` if absent. */
  readonly startsWith?: 'ready' | 'not ready';
  /** For that line; 20 s if absent. */
  readonly startTimeoutMs?: number;
}

export interface SluiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const stopTimeoutMs = 40_000;

function listenersOf(ready: JsonLine): ReadonlyMap<string, readonly string[]> {
  const listeners = ready['listeners'];
  if (!Array.isArray(listeners)) throw new Error(`no listeners in ${JSON.stringify(ready)}`);
  const entries: [string, string[]][] = listeners.map((listener: { name: string; addresses: string[] }) => [
    listener.name,
    listener.addresses,
  ]);
  return new Map(entries);
}

export class SluiceProcess {
  readonly #child: ChildProcess;
  readonly #logs: JsonLines;
  readonly #stderr: Buffer[] = [];
  readonly configPath: string;
  readonly exited: Promise<SluiceExit>;
  #ready: JsonLine = {};

  constructor(child: ChildProcess & { stdout: Readable; stderr: Readable }, configPath: string) {
    this.#child = child;
    this.configPath = configPath;
    this.#logs = new JsonLines(child.stdout);
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    this.exited.catch(() => {});
  }

  /** Resolves at the ready line; rejects with stderr when the process ends or says nothing. */
  async waitUntilReady({ startsWith = 'ready', startTimeoutMs = 20_000 }: Partial<SluiceOptions> = {}): Promise<void> {
    try {
      this.#ready = await this.waitForLog((line) => line['msg'] === startsWith, { timeoutMs: startTimeoutMs });
    } catch (error) {
      throw new Error(`sluice did not become ready; stderr: ${this.stderr}`, { cause: error });
    }
  }

  get pid(): number {
    return Number(this.#ready['pid'] ?? this.#child.pid);
  }

  /** The ready line. */
  get ready(): JsonLine {
    return this.#ready;
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Output that was not JSON lines. */
  get strayOutput(): readonly string[] {
    return this.#logs.strays;
  }

  get logPosition(): number {
    return this.#logs.position;
  }

  get lastLog(): JsonLine | undefined {
    return this.#logs.last;
  }

  /** Where a listener listens, by the last `ready` or `reloaded` line. */
  address(listener: string, index = 0): Address {
    const latest = this.logs((line) => line['msg'] === 'reloaded').at(-1) ?? this.#ready;
    const text = listenersOf(latest).get(listener)?.[index];
    if (text === undefined) throw new Error(`no address ${index} of listener ${listener}`);
    return parseAddress(text);
  }

  logs(predicate?: JsonLinePredicate, from?: number): readonly JsonLine[] {
    return this.#logs.all(predicate, from);
  }

  /** The first log line that fits, now or later. */
  async waitForLog(predicate: JsonLinePredicate, options?: WaitForOptions): Promise<JsonLine> {
    return await this.#logs.waitFor(predicate, options);
  }

  /** The admin listener's base URL. */
  get adminUrl(): string {
    return `http://${String(this.#ready['admin'])}`;
  }

  async fetchAdmin(path: string): Promise<Response> {
    return await fetch(`${this.adminUrl}${path}`, { signal: AbortSignal.timeout(5_000) });
  }

  async metrics(): Promise<PrometheusText> {
    return new PrometheusText(await (await this.fetchAdmin('/metrics')).text());
  }

  /** Replaces the configuration file by rename, as an editor or a deployment tool does. */
  async replaceConfig(text: string): Promise<void> {
    const next = `${this.configPath}.next`;
    await writeFile(next, text);
    await rename(next, this.configPath);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Stops reading standard output, as a log collector that hangs. */
  pauseOutput(): void {
    this.#child.stdout?.pause();
  }

  resumeOutput(): void {
    this.#child.stdout?.resume();
  }

  /** Closes the reading end of standard output, as a log collector that died. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Sends `signal` and resolves with how the process ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<SluiceExit> {
    this.signal(signal);
    return await within(stopTimeoutMs, 'the end of sluice', this.exited);
  }

  /** Kills what is left, by id. */
  async destroy(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    if (Number.isInteger(this.pid) && this.pid > 0 && this.pid !== this.#child.pid) {
      try {
        process.kill(this.pid, 'SIGKILL');
      } catch {
        // it ended by itself
      }
    }
    this.#child.kill('SIGKILL');
    this.#child.stdout?.resume();
    await this.exited;
  }
}

/** Writes the configuration, starts `sluice run` and resolves when every listener is bound. */
export async function startSluice(scope: CleanupScope, options: SluiceOptions): Promise<SluiceProcess> {
  const configPath = options.configPath ?? join(await createTemporaryDirectory(scope), 'sluice.yaml');
  if (options.configPath === undefined) await writeFile(configPath, options.config);
  const line = [...(options.prefix ?? []), sluiceCommand, 'run', '--config', configPath, ...(options.args ?? [])];
  const child = spawn(line[0] ?? sluiceCommand, line.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemPath, ...options.env },
  });
  const sluice = new SluiceProcess(child, configPath);
  scope.after(() => sluice.destroy());
  await sluice.waitUntilReady(options);
  return sluice;
}
