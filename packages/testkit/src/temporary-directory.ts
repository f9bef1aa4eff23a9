/**
 * Directories of one test, removed with all that is in them when it ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';

/** Makes a directory that only this test uses and returns its path. */
export async function createTemporaryDirectory(scope: CleanupScope): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  // Cleanups run in the order of their registration: a process that works in it may still write while it is removed.
  scope.after(() => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return path;
}
