/**
 * One `sluice-state run` as a test of the process needs it: its lines, its standard error, its exit code. Gone in teardown.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { type JsonLine, JsonLines } from '@sluice/testkit/json-lines.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { within } from '@sluice/testkit/within.ts';

/** The `sluice-state` command of this checkout. */
export const stateCommand = fileURLToPath(new URL('../../bin/sluice-state', import.meta.url));

const startTimeoutMs = 40_000;
const stopTimeoutMs = 30_000;

export class StateProcess {
  readonly #child: ChildProcess;
  readonly #stderr: Buffer[] = [];
  readonly #exited: Promise<number | null>;
  readonly log: JsonLines;
  ready: JsonLine = {};

  constructor(child: ChildProcess & { stdout: Readable; stderr: Readable }) {
    this.#child = child;
    this.log = new JsonLines(child.stdout);
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.#exited = new Promise((resolve) => {
      child.on('close', resolve);
    });
  }

  get url(): string {
    return String(this.ready['url']);
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** The key that was made at the first start. */
  async firstKey(): Promise<string> {
    return await eventually(() => {
      const key = /slc_\w+/.exec(this.stderr)?.[0];
      if (key === undefined) throw new Error(`no key in ${JSON.stringify(this.stderr)}`);
      return key;
    });
  }

  /** Sends `signal` and resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return await within(stopTimeoutMs, 'the end of sluice-state', this.#exited);
  }
}

/** On a database of the test's, with a pepper of its own; resolves when it serves. */
export async function startOnDatabase(
  scope: CleanupScope,
  databaseUrl: string,
  args: readonly string[] = [],
): Promise<StateProcess> {
  const pepper = join(await createTemporaryDirectory(scope), 'pepper');
  await writeFile(pepper, randomBytes(32).toString('hex'), { mode: 0o600 });
  return await startState(scope, ['--pepper-file', pepper, ...args], { SLUICE_STATE_DATABASE_URL: databaseUrl });
}

/** On a free port of the loopback; resolves when it serves. */
export async function startState(
  scope: CleanupScope,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StateProcess> {
  const child = spawn(stateCommand, ['run', '--listen', '127.0.0.1:0', ...args], {
    env: { PATH: systemPath, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const state = new StateProcess(child);
  scope.after(async () => void (await state.stop('SIGKILL')));
  state.ready = await state.log
    .waitFor(({ msg }) => msg === 'ready', { timeoutMs: startTimeoutMs })
    .catch((cause: unknown) => {
      throw new Error(`sluice-state did not become ready; stderr: ${state.stderr}`, { cause });
    });
  return state;
}
