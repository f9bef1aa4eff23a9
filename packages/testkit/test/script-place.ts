/** Where a script that finds or builds a program runs: a home, a cache and a first place on the search path of the test's own. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanupScope } from '../src/cleanup-scope.ts';
import { systemPath } from '../src/system-path.ts';
import { createTemporaryDirectory } from '../src/temporary-directory.ts';

export interface ScriptRun {
  readonly status: number | null;
  /** Without the newline at its end. */
  readonly out: string;
  readonly err: string;
}

export interface ScriptPlace {
  readonly directory: string;
  /** First on the search path. */
  readonly bin: string;
  run(env?: Readonly<Record<string, string>>): ScriptRun;
}

export async function createScriptPlace(scope: CleanupScope, script: string): Promise<ScriptPlace> {
  const directory = await createTemporaryDirectory(scope);
  const bin = join(directory, 'bin');
  await mkdir(bin);
  return {
    directory,
    bin,
    run: (env = {}) => {
      const base = { PATH: `${bin}:${systemPath}`, HOME: directory, XDG_CACHE_HOME: join(directory, 'cache') };
      const result = spawnSync(script, { encoding: 'utf8', env: { ...base, ...env } });
      return { status: result.status, out: result.stdout.trim(), err: result.stderr };
    },
  };
}

/** Returns its path. */
export async function writeProgram(directory: string, name: string, body: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, `#!/bin/bash\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}
