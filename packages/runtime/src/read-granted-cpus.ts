/**
 * Reads the kernel's files for cpu-quota.ts. What cannot be read sets no limit: a proxy on a kernel without cgroups starts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { type CgroupLevel, type GrantedCpus, grantedCpus, parseCgroupPaths, parseCpuList } from './cpu-quota.ts';

export interface CgroupRoots {
  readonly procSelf: string;
  readonly cgroupRoot: string;
}

const systemRoots: CgroupRoots = { procSelf: '/proc/self', cgroupRoot: '/sys/fs/cgroup' };

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * From `path` up to the root. Without a cgroup namespace the path is the host's while the container's mount begins at its
 * own group: such levels do not exist there, and the walk ends at the root, which is the container's limit.
 */
function levelsUp(mount: string, path: string, readLevel: (directory: string) => CgroupLevel): CgroupLevel[] {
  const levels: CgroupLevel[] = [];
  for (let at = path; ; at = dirname(at)) {
    levels.push(readLevel(join(mount, at)));
    if (at === dirname(at)) return levels;
  }
}

function withoutAbsent(level: { readonly [Key in keyof CgroupLevel]: string | undefined }): CgroupLevel {
  return Object.fromEntries(Object.entries(level).filter(([, text]) => text !== undefined));
}

function unifiedLevel(directory: string): CgroupLevel {
  return withoutAbsent({
    cpuMax: read(join(directory, 'cpu.max')),
    cpuset: read(join(directory, 'cpuset.cpus.effective')),
  });
}

function cpuLevel(directory: string): CgroupLevel {
  return withoutAbsent({
    cfsQuotaUs: read(join(directory, 'cpu.cfs_quota_us')),
    cfsPeriodUs: read(join(directory, 'cpu.cfs_period_us')),
  });
}

function cpusetLevel(directory: string): CgroupLevel {
  return withoutAbsent({ cpuset: read(join(directory, 'cpuset.effective_cpus')) });
}

/**
 * The CPUs this process may be scheduled on. Not availableParallelism() alone: libuv has rounded the quota into it, and
 * 2.5 CPUs would look like a machine of two.
 */
function schedulableCpus(procSelf: string): number {
  const line = /^Cpus_allowed_list:\s*(?<list>\S+)$/mu.exec(read(join(procSelf, 'status')) ?? '');
  return parseCpuList(line?.groups?.['list'] ?? '') ?? availableParallelism();
}

/** The CPUs this process may use; never fails, at worst the machine's count. */
export function readGrantedCpus(roots: CgroupRoots = systemRoots): GrantedCpus {
  const paths = parseCgroupPaths(read(join(roots.procSelf, 'cgroup')) ?? '');
  const { cgroupRoot } = roots;
  const levels: CgroupLevel[] = [];
  if (paths.unified !== null) levels.push(...levelsUp(cgroupRoot, paths.unified, unifiedLevel));
  if (paths.cpu !== null) levels.push(...levelsUp(join(cgroupRoot, 'cpu'), paths.cpu, cpuLevel));
  if (paths.cpuset !== null) levels.push(...levelsUp(join(cgroupRoot, 'cpuset'), paths.cpuset, cpusetLevel));
  return grantedCpus(schedulableCpus(roots.procSelf), levels);
}
