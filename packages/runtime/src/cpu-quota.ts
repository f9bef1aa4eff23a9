/**
 * How many CPUs the cgroup of this process grants, from the texts of the kernel's files. Pure: reading them is
 * granted-cpus.ts. Version 1 and 2 and both at once (hybrid); a limit anywhere on the way to the root counts.
 */

/** The texts at one level of the hierarchy; absent: no such file. */
export interface CgroupLevel {
  /** v2 `cpu.max`: `max 100000` or `50000 100000`. */
  readonly cpuMax?: string;
  /** v1 `cpu.cfs_quota_us` (-1: none) and `cpu.cfs_period_us`. */
  readonly cfsQuotaUs?: string;
  readonly cfsPeriodUs?: string;
  /** `cpuset.cpus.effective` (v2) or `cpuset.effective_cpus` (v1): `0-3,8`. */
  readonly cpuset?: string;
}

export interface CgroupPaths {
  /** Path in the unified hierarchy, or null. */
  readonly unified: string | null;
  /** Path in the version 1 hierarchy that has the `cpu` controller, or null. */
  readonly cpu: string | null;
  readonly cpuset: string | null;
}

export type CpuLimit = 'Machine' | 'Cpuset' | 'Quota';

export interface GrantedCpus {
  /** May be a fraction: 1.5 with a quota of 150 ms in 100 ms. */
  readonly cpus: number;
  readonly limitedBy: CpuLimit;
}

/** Finds the paths in the text of `/proc/self/cgroup` (cgroups(7)). */
export function parseCgroupPaths(text: string): CgroupPaths {
  let unified: string | null = null;
  let cpu: string | null = null;
  let cpuset: string | null = null;
  for (const line of text.split('\n')) {
    const match = /^(?<id>\d+):(?<controllers>[^:]*):(?<path>\/.*)$/u.exec(line);
    const path = match?.groups?.['path'];
    if (path === undefined) continue;
    const controllers = match?.groups?.['controllers'] ?? '';
    if (controllers === '') unified = path;
    const names = controllers.split(',');
    if (names.includes('cpu')) cpu = path;
    if (names.includes('cpuset')) cpuset = path;
  }
  return { unified, cpu, cpuset };
}

/** The number of CPUs in a list such as `0-3,8`, or null for what is not one. */
export function parseCpuList(text: string): number | null {
  let count = 0;
  for (const part of text.trim().split(',')) {
    const match = /^(?<from>\d{1,6})(?:-(?<to>\d{1,6}))?$/u.exec(part);
    const from = match?.groups?.['from'];
    if (from === undefined) return null;
    const span = Number(match?.groups?.['to'] ?? from) - Number(from) + 1;
    if (span < 1) return null;
    count += span;
  }
  return count;
}

function quotient(quota: string | undefined, period: string | undefined): number | null {
  if (quota === undefined || period === undefined) return null;
  if (!/^\d+$/u.test(quota) || !/^\d+$/u.test(period)) return null;
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : null;
}

function quotaOf(level: CgroupLevel): number | null {
  const [quota, period] = (level.cpuMax ?? '').trim().split(' ');
  return quotient(quota, period) ?? quotient(level.cfsQuotaUs?.trim(), level.cfsPeriodUs?.trim());
}

/** The least of what the machine has, the cpusets allow and the quotas pay for. */
export function grantedCpus(machineCpus: number, levels: readonly CgroupLevel[]): GrantedCpus {
  let granted: GrantedCpus = { cpus: machineCpus, limitedBy: 'Machine' };
  for (const level of levels) {
    const allowed = level.cpuset === undefined ? null : parseCpuList(level.cpuset);
    if (allowed !== null && allowed < granted.cpus) granted = { cpus: allowed, limitedBy: 'Cpuset' };
    const paid = quotaOf(level);
    if (paid !== null && paid < granted.cpus) granted = { cpus: paid, limitedBy: 'Quota' };
  }
  return granted;
}
