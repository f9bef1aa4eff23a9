/**
 * One cgroup for each measured process, so that its CPU includes every thread and every child it ever had. Version 1
 * (cpuacct) where it is mounted, else version 2, whose cpu.stat needs no controller. Whoever creates a group removes it.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface CpuGroup {
  /** Processes enter by writing their id here. */
  readonly procsFile: string;
  /** Its content is what parseGroupCpuSeconds reads. */
  readonly usageFile: string;
  pids(): Promise<readonly number[]>;
  /** Kills what is left in the group, by id, and removes it. */
  remove(): Promise<void>;
}

interface Hierarchy {
  readonly root: string;
  readonly usage: string;
}

const hierarchies: readonly Hierarchy[] = [
  { root: '/sys/fs/cgroup/cpuacct', usage: 'cpuacct.usage' },
  { root: '/sys/fs/cgroup/cpu,cpuacct', usage: 'cpuacct.usage' },
  { root: '/sys/fs/cgroup', usage: 'cpu.stat' },
];

/** No cgroup hierarchy can count CPU here. */
class NoCpuGroupError extends Error {
  readonly code = 'NO_CPU_GROUP';
}

function findHierarchy(): Hierarchy {
  const found = hierarchies.find(({ root, usage }) => existsSync(`${root}/${usage}`));
  if (found === undefined) {
    throw new NoCpuGroupError('no cgroup counts CPU here: mount cgroup2 on /sys/fs/cgroup, or cpuacct below it');
  }
  return found;
}

/** The counter of everything that runs on the machine (or in the container's share of it). */
export function wholeMachineUsageFile(): string {
  const { root, usage } = findHierarchy();
  return `${root}/${usage}`;
}

/** Creates a group; fails with NoCpuGroupError where the kernel or the permissions do not allow one. */
export async function createCpuGroup(name: string): Promise<CpuGroup> {
  const { root, usage } = findHierarchy();
  const directory = `${root}/${name}`;
  try {
    await mkdir(directory);
  } catch (cause) {
    throw new NoCpuGroupError(`cannot create ${directory}: run as root, outside of a read-only container`, { cause });
  }
  const procsFile = `${directory}/cgroup.procs`;
  const pids = async (): Promise<readonly number[]> => {
    const text = await readFile(procsFile, 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  };
  const remove = async (): Promise<void> => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const left = await pids();
      if (left.length === 0) break;
      for (const pid of left) killQuietly(pid);
      await delay(20);
    }
    await rmdir(directory);
  };
  return { procsFile, usageFile: `${directory}/${usage}`, pids, remove };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
