/**
 * strace attached to every thread of a running process: to count system calls, or to make chosen ones fail.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';
import { within } from './within.ts';

export interface StraceSession {
  /** Detaches and returns what strace wrote. */
  finish(): Promise<string>;
}

export type StraceResult =
  | { readonly kind: 'attached'; readonly session: StraceSession }
  | { readonly kind: 'notPermitted'; readonly reason: string };

async function attachedOrReason(child: ChildProcess): Promise<string | null> {
  let said = '';
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/attached/u.test(said)) resolve(null);
    });
    child.on('exit', () => resolve(said.trim()));
  });
}

/** Attaches `strace -f` with `args` (such as `-c -e trace=splice`) to `pid`. */
export async function attachStrace(scope: CleanupScope, pid: number, args: readonly string[]): Promise<StraceResult> {
  const output = join(await createTemporaryDirectory(scope), 'strace.txt');
  const child = spawn('strace', ['-f', '-o', output, ...args, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  scope.after(() => void child.kill('SIGINT'));
  const exited = once(child, 'exit');
  exited.catch(() => {});
  try {
    const reason = await within(10_000, 'strace', attachedOrReason(child));
    if (reason !== null) return { kind: 'notPermitted', reason };
  } catch (error) {
    return { kind: 'notPermitted', reason: error instanceof Error ? error.message : String(error) };
  }
  const finish = async (): Promise<string> => {
    child.kill('SIGINT');
    await within(10_000, 'the end of strace', exited);
    return await readFile(output, 'utf8');
  };
  return { kind: 'attached', session: { finish } };
}
