/** What a process holds: descriptors by kind, and resident memory. From /proc. */
import { readdir, readlink } from 'node:fs/promises';
import { readResidentBytes } from '@sluice/testkit/process-usage.ts';

export interface ProcessHoldings {
  readonly sockets: number;
  readonly pipes: number;
  readonly otherFds: number;
  readonly residentMiB: number;
}

/** Reads them now. A descriptor that closes while we read counts as gone. */
export async function readProcessHoldings(pid: number): Promise<ProcessHoldings> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map(async (fd) => await readlink(`${folder}/${fd}`).catch(() => '')),
  );
  const count = (prefix: string): number => links.filter((link) => link.startsWith(prefix)).length;
  const [sockets, pipes, gone] = [count('socket:'), count('pipe:'), links.filter((link) => link === '').length];
  const residentMiB = Math.round((await readResidentBytes(pid)) / 1_048_576);
  return { sockets, pipes, otherFds: links.length - sockets - pipes - gone, residentMiB };
}
