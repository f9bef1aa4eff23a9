/**
 * What a process holds and has used, from /proc: file descriptors, CPU, resident memory.
 */
import { readdir, readFile } from 'node:fs/promises';

/** The kernel's clock ticks a second (USER_HZ is 100 on every Linux that Node supports). */
const ticksPerSecond = 100;

/** Open file descriptors. */
export async function countFileDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** User and system time of all threads so far, in milliseconds. */
export async function readCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
}

/** Resident memory in bytes. */
export async function readResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1] ?? 0) * 1024;
}
