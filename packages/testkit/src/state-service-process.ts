/**
 * One running `sluice-state run` on a database of the caller's, with a pepper and an administrator's key of its own.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from './cleanup-scope.ts';
import { ProgramProcess } from './program-process.ts';
import { runCommand } from './run-command.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

const stateCommand = fileURLToPath(new URL('../../../apps/state-service/bin/sluice-state', import.meta.url));

/** What every process of one installation shares. */
export interface StateServiceSecrets {
  /** An API key with scope admin. */
  readonly key: string;
  readonly keyFile: string;
  readonly pepperFile: string;
}

export async function makeStateServiceSecrets(directory: string): Promise<StateServiceSecrets> {
  const made = await runCommand(stateCommand, ['new-key']);
  if (made.code !== 0) throw new Error(`sluice-state new-key ended with ${made.code}: ${made.stderr}`);
  const secrets = {
    key: made.stdout.trim(),
    keyFile: join(directory, 'api-key'),
    pepperFile: join(directory, 'pepper'),
  };
  await writeFile(secrets.keyFile, `${secrets.key}\n`, { mode: 0o600 });
  await writeFile(secrets.pepperFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  return secrets;
}

export interface StateServiceOptions {
  readonly databaseUrl: string;
  /** More arguments after `run`: `--nats URL`. */
  readonly args?: readonly string[];
}

/** A process that has not been started. */
export function planStateService(
  scope: CleanupScope,
  { keyFile, pepperFile }: StateServiceSecrets,
  { databaseUrl, args = [] }: StateServiceOptions,
): ProgramProcess {
  return new ProgramProcess(scope, {
    command: stateCommand,
    args: ['run', '--pepper-file', pepperFile, '--bootstrap-key-file', keyFile, ...args],
    env: { SLUICE_STATE_DATABASE_URL: databaseUrl },
  });
}

export interface StateServiceProcess {
  readonly url: string;
  readonly adminKey: string;
  readonly process: ProgramProcess;
}

/** On a free port; resolves when requests are served. */
export async function startStateServiceProcess(
  scope: CleanupScope,
  { databaseUrl, args = [] }: StateServiceOptions,
): Promise<StateServiceProcess> {
  const secrets = await makeStateServiceSecrets(await createTemporaryDirectory(scope));
  const process = planStateService(scope, secrets, { databaseUrl, args: ['--listen', '127.0.0.1:0', ...args] });
  const { url } = await process.start();
  return { url: String(url), adminKey: secrets.key, process };
}
