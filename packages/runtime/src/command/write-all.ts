/** Text to a descriptor, at once: what a process says last is out before it ends. */
import { writeSync } from 'node:fs';

/** Everything, or nothing more when nobody reads. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
    }
  }
}
