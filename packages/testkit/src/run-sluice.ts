/**
 * Runs the `sluice` command to its end: for `check`, `version`, usage errors and starts that must fail.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { sluiceCommand } from './sluice-command.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

export interface RunSluiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Runs `sluice ARGS`; killed after `timeoutMs` (20 s), which the result says. */
export async function runSluice(args: readonly string[], options: RunSluiceOptions = {}): Promise<CommandResult> {
  return await runCommand(sluiceCommand, args, { env: {}, timeoutMs: 20_000, ...options });
}

export interface ConfiguredResult extends CommandResult {
  readonly configPath: string;
}

/** Writes `config` to a file of its own and runs `sluice COMMAND --config FILE`. */
export async function runSluiceOn(
  scope: CleanupScope,
  command: 'run' | 'check',
  config: string | Buffer,
  options: RunSluiceOptions = {},
): Promise<ConfiguredResult> {
  const configPath = join(await createTemporaryDirectory(scope), 'sluice.yaml');
  await writeFile(configPath, config);
  return { ...(await runSluice([command, '--config', configPath], options)), configPath };
}
