/**
 * Reads numbers out of the kernel files that the load generator copies at both ends of its window. Pure: text in,
 * numbers out; a text of another shape is a KernelCounterError, because a wrong zero would look like a very good proxy.
 */

/** A kernel file did not have the expected shape. */
export class KernelCounterError extends Error {
  readonly code = 'KERNEL_COUNTER';
  readonly file: string;

  constructor(file: string, text: string) {
    super(`${file} has an unexpected content: ${JSON.stringify(text.slice(0, 80))}`);
    this.file = file;
  }
}

/** CPU seconds used by a cgroup: `cpuacct.usage` (v1, nanoseconds) or `cpu.stat` (v2, microseconds). */
export function parseGroupCpuSeconds(text: string): number {
  const v1 = /^(\d+)\s*$/.exec(text);
  if (v1 !== null) return Number(v1[1]) / 1e9;
  const v2 = /^usage_usec (\d+)$/m.exec(text);
  if (v2 !== null) return Number(v2[1]) / 1e6;
  throw new KernelCounterError('the CPU counter of a cgroup', text);
}

export interface MachineTime {
  /** Idle and waiting for I/O, all CPUs together. */
  readonly idleSeconds: number;
  /** Time the hypervisor gave to others. */
  readonly stealSeconds: number;
}

/** The first line of /proc/stat; its unit is USER_HZ, which is 100 on every Linux that Node runs on. */
export function parseMachineTime(text: string): MachineTime {
  const line = /^cpu +(.+)$/m.exec(text);
  const fields = (line?.[1] ?? '').split(' ').map(Number);
  const [idle, wait, steal] = [fields[3], fields[4], fields[7]];
  if (idle === undefined || wait === undefined || steal === undefined) throw new KernelCounterError('/proc/stat', text);
  return { idleSeconds: (idle + wait) / 100, stealSeconds: steal / 100 };
}

/** TCP segments sent by a network namespace (/proc/PID/net/snmp), retransmissions not counted. */
export function parseTcpOutSegments(text: string): number {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp: '))
    .map((line) => line.split(' '));
  const value = values?.[names?.indexOf('OutSegs') ?? -1];
  if (value === undefined) throw new KernelCounterError('/proc/net/snmp', text);
  return Number(value);
}

/** User memory of one process in bytes, each shared page counted by its share: anonymous and shared memory, not files. */
export function parseUserMemoryBytes(smapsRollup: string): number {
  const kib = (key: string): number | undefined => {
    const line = new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(smapsRollup);
    return line === null ? undefined : Number(line[1]);
  };
  const anonymous = kib('Pss_Anon');
  const shared = kib('Pss_Shmem');
  if (anonymous === undefined || shared === undefined) throw new KernelCounterError('smaps_rollup', smapsRollup);
  return (anonymous + shared) * 1024;
}

/** True when /proc/PID/net/tcp shows a listening socket on this port. */
export function listensOn(netTcp: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A `, 'm').test(netTcp);
}
