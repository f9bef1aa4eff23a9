/** What a reader must know about the machine to judge a figure. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

export interface MachineFacts {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly congestionControl: string;
  readonly openFilesLimit: number;
  readonly loadAverage: string;
  readonly date: string;
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.trim();
}

/** Reads the facts from /proc and the operating system; a machine without /proc is not supported. */
export async function readMachineFacts(now: Date): Promise<MachineFacts> {
  const limits = await textOf('/proc/self/limits');
  const openFiles = /^Max open files +\S+ +(\d+)/m.exec(limits);
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    congestionControl: await textOf('/proc/sys/net/ipv4/tcp_congestion_control'),
    openFilesLimit: Number(openFiles?.[1] ?? 1024),
    loadAverage: await textOf('/proc/loadavg'),
    date: now.toISOString(),
  };
}
