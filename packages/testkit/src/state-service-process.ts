/**
 * One running `sluice-state run` on a database of the caller's, with a pepper and an administrator's key of its own. Whatever
 * happens, the process is gone in teardown, ended by its id.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CleanupScope } from './cleanup-scope.ts';
import { type JsonLine, JsonLines } from './json-lines.ts';
import { systemPath } from './system-path.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';
import { within } from './within.ts';

/** The `sluice-state` command of this checkout. */
const stateCommand = fileURLToPath(new URL('../../../apps/state-service/bin/sluice-state', import.meta.url));
const startTimeoutMs = 30_000;
const stopTimeoutMs = 20_000;

export interface StateServiceOptions {
  readonly databaseUrl: string;
  /** More arguments after `run`: `--nats URL`. */
  readonly args?: readonly string[];
}

export class StateServiceProcess {
  readonly #child: ChildProcess;
  readonly #stderr: Buffer[] = [];
  #ready: JsonLine = {};
  readonly log: JsonLines;
  /** A key with scope admin. */
  readonly adminKey: string;
  readonly exited: Promise<number | null>;

  constructor(child: ChildProcess & { stdout: Readable; stderr: Readable }, adminKey: string) {
    this.#child = child;
    this.adminKey = adminKey;
    this.log = new JsonLines(child.stdout);
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    this.exited.catch(() => {});
  }

  get url(): string {
    return String(this.#ready['url']);
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  async waitUntilReady(): Promise<void> {
    try {
      this.#ready = await this.log.waitFor((line) => line['msg'] === 'ready', { timeoutMs: startTimeoutMs });
    } catch (error) {
      throw new Error(`sluice-state did not become ready; stderr: ${this.stderr}`, { cause: error });
    }
  }

  /** Sends `signal` and resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return await within(stopTimeoutMs, 'the end of sluice-state', this.exited);
  }

  async destroy(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

/** Resolves when requests are served. */
export async function startStateServiceProcess(
  scope: CleanupScope,
  { databaseUrl, args = [] }: StateServiceOptions,
): Promise<StateServiceProcess> {
  const directory = await createTemporaryDirectory(scope);
  const [keyFile, pepperFile] = [join(directory, 'key'), join(directory, 'pepper')];
  const adminKey = (await promisify(execFile)(stateCommand, ['new-key'], { env: { PATH: systemPath } })).stdout.trim();
  await writeFile(keyFile, `${adminKey}\n`, { mode: 0o600 });
  await writeFile(pepperFile, randomBytes(32), { mode: 0o600 });
  const files = ['--pepper-file', pepperFile, '--bootstrap-key-file', keyFile];
  const child = spawn(stateCommand, ['run', '--listen', '127.0.0.1:0', ...files, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemPath, SLUICE_STATE_DATABASE_URL: databaseUrl },
  });
  const service = new StateServiceProcess(child, adminKey);
  scope.after(() => service.destroy());
  await service.waitUntilReady();
  return service;
}
