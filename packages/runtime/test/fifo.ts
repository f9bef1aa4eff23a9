/**
 * A pipe whose reading end the test holds: real, and empty or full as the test wants it.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

export interface Fifo {
  readonly path: string;
  /** A writing end as a process gets it for its standard output: blocking. */
  readonly writeFd: number;
  /** What is in the pipe now, at most `maxBytes`. */
  read(maxBytes?: number): string;
  closeReader(): void;
  openReader(): void;
}

const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** Makes a named pipe with both ends open. */
export async function createFifo(scope: CleanupScope): Promise<Fifo> {
  const path = join(await createTemporaryDirectory(scope), 'pipe');
  execFileSync('mkfifo', [path]);
  let readFd = openSync(path, readFlags);
  const writeFd = openSync(path, constants.O_WRONLY);
  let isReaderOpen = true;
  scope.after(() => {
    closeSync(writeFd);
    if (isReaderOpen) closeSync(readFd);
  });
  return {
    path,
    writeFd,
    read(maxBytes = 1024 * 1024) {
      const bytes = Buffer.alloc(maxBytes);
      try {
        return bytes.toString('utf8', 0, readSync(readFd, bytes));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return '';
        throw error;
      }
    },
    closeReader() {
      isReaderOpen = false;
      closeSync(readFd);
    },
    openReader() {
      isReaderOpen = true;
      readFd = openSync(path, readFlags);
    },
  };
}
