/**
 * A file system of a few pages (tmpfs) that a test can fill up. Needs root and the right to mount.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { runCommand } from './run-command.ts';

export interface SmallDisk {
  readonly path: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  /** Makes the room again. */
  empty(): Promise<void>;
}

const chunk = Buffer.alloc(4096, 1);

async function fillWith(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (;;) await file.write(chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    await file.close();
  }
}

/** null: this process may not mount. */
export async function openSmallDisk(scope: CleanupScope, kibibytes: number): Promise<SmallDisk | null> {
  if (process.getuid?.() !== 0) return null;
  const path = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  const mounted = await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=700`, 'sluice-test', path]);
  scope.after(async () => {
    // Lazily: a process that is ended after this may have a file open.
    if (mounted.code === 0) await runCommand('umount', ['--lazy', path]);
    await rm(path, { recursive: true, force: true });
  });
  if (mounted.code !== 0) return null;
  const ballast = join(path, 'ballast');
  return { path, fill: () => fillWith(ballast), empty: () => rm(ballast, { force: true }) };
}
