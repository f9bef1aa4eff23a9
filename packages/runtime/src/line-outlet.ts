/**
 * Where the bytes of a line sink go: one descriptor that another program may read slowly or not at all. Responsible for
 * writing without blocking this thread, not for queues, retries or lines (line-sink.ts).
 *
 * A descriptor handed to a process (stdout) shares its flags with whoever handed it over: O_NONBLOCK set on it would break
 * the parent's shell. So a pipe or a terminal is opened a second time through /proc, which gives flags of our own.
 */
import { closeSync, constants, type Stats, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * `wrote`: so many bytes are taken, perhaps fewer than offered. `blocked`: none now, soon again. `refused`: the medium is
 * there but takes nothing (disk full). `closed`: nobody will ever read them.
 */
export type WriteOutcome =
  | { readonly kind: 'wrote'; readonly bytes: number }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'closed' };

export interface LineOutlet {
  /** Offers `bytes` from `offset` on; never blocks, never throws. */
  write(bytes: Buffer, offset: number): WriteOutcome;
  /** Bytes were taken that the kernel does not have yet. */
  isBusy(): boolean;
  close(): void;
}

const blocked: WriteOutcome = { kind: 'blocked' };
const refused: WriteOutcome = { kind: 'refused' };
const closed: WriteOutcome = { kind: 'closed' };

const refusals: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG', 'ENOMEM', 'ENOBUFS']);

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function outcomeOf(error: unknown): WriteOutcome {
  const errno = errnoOf(error);
  if (errno === 'EAGAIN' || errno === 'EINTR') return blocked;
  return refusals.has(errno) ? refused : closed;
}

function descriptorOutlet(fd: number, isOwned: boolean): LineOutlet {
  return {
    write(bytes, offset) {
      try {
        return { kind: 'wrote', bytes: writeSync(fd, bytes, offset) };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    isBusy: () => false,
    close() {
      if (isOwned) closeSync(fd);
    },
  };
}

/**
 * For what cannot be opened a second time: sockets (ENXIO; systemd's stdout is one) and pipes of another user (EACCES).
 * This does set O_NONBLOCK on the shared description; the alternatives are a thread that hangs in write() and with it the
 * exit of the process, or a blocked event loop. One write is under way at a time, the rest waits in the sink.
 */
function streamOutlet(fd: number): LineOutlet {
  const socket = new Socket({ fd, readable: false, writable: true });
  let isBusy = false;
  let isClosed = false;
  socket.unref();
  socket.on('error', () => {
    isClosed = true;
  });
  socket.on('close', () => {
    isClosed = true;
  });
  return {
    write(bytes, offset) {
      if (isClosed) return closed;
      if (isBusy) return blocked;
      isBusy = true;
      socket.write(bytes.subarray(offset), () => {
        isBusy = false;
      });
      return { kind: 'wrote', bytes: bytes.length - offset };
    },
    isBusy: () => isBusy && !isClosed,
    close() {
      socket.destroy();
    },
  };
}

function openAgain(fd: number): LineOutlet {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
  return descriptorOutlet(openSync(`/proc/self/fd/${fd}`, flags), true);
}

function openStream(fd: number): LineOutlet | null {
  try {
    return streamOutlet(fd);
  } catch {
    return null;
  }
}

/**
 * The outlet for `fd`, whose kind is in `stats`, or null if nobody reads it (a pipe without a reader may get one later).
 * A regular file is written directly: it never blocks on a reader, and a second description would have a file offset of
 * its own, so that `>file 2>&1` would overwrite itself.
 */
export function openLineOutlet(fd: number, stats: Stats): LineOutlet | null {
  if (stats.isFile()) return descriptorOutlet(fd, false);
  if (stats.isSocket()) return openStream(fd);
  try {
    return openAgain(fd);
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') return null;
    return stats.isFIFO() ? openStream(fd) : descriptorOutlet(fd, false);
  }
}

/** What `fd` refers to, or null if it is closed. */
export function statDescriptor(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}
