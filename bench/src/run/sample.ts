/**
 * One measurement of one contestant in one round, reduced to values per unit of work. Pure: the load generator's report
 * goes in, a sample comes out.
 */
import type { TrafficReport, WatchedText } from '../load/traffic-load.ts';
import { parseGroupCpuSeconds, parseMachineTime, parseTcpOutSegments } from '../machine/kernel-counters.ts';
import type { RoundValue } from '../statistics/paired-ratios.ts';
import type { TrafficMode } from '../scenarios/scenario.ts';

/** What the load generator watches; `all` is every task of the machine. */
export const watchedNames = ['proxy', 'client', 'origin', 'all', 'machine', 'tcp'] as const;

export type WatchedName = (typeof watchedNames)[number];

/**
 * `proxyCpu`, `togetherCpu` (proxy, client and origin) and `machineBusy` are seconds per unit; `rate` is units per
 * second; latencies are seconds; `packets` are TCP segments per unit of all three together.
 */
export type Metric = 'proxyCpu' | 'togetherCpu' | 'machineBusy' | 'rate' | 'p50' | 'p99' | 'p999' | 'packets';

export interface Sample {
  readonly contestant: string;
  readonly round: number;
  readonly values: Readonly<Record<Metric, number>>;
  /** Failed connections in the window and before it. */
  readonly errors: number;
  /** CPUs kept busy by tasks that are neither proxy nor client nor origin: kernel threads, the runner, neighbours. */
  readonly foreignCpus: number;
  readonly stealCpus: number;
}

/** A run that measured nothing: no unit of work was done, or the client gave up. */
export class EmptySampleError extends Error {
  readonly code = 'EMPTY_SAMPLE';
}

export interface SampleOrigin {
  readonly contestant: string;
  readonly round: number;
  readonly mode: TrafficMode;
  readonly cpuCount: number;
}

/** Reduces a report; fails with EmptySampleError or KernelCounterError. */
export function sampleOf(report: TrafficReport, from: SampleOrigin): Sample {
  const units = unitsDone(report, from.mode);
  const { seconds } = report;
  if (report.aborted || units <= 0 || seconds <= 0) {
    const failures = JSON.stringify(report.errors);
    throw new EmptySampleError(
      `${from.contestant} did no work: ${report.errWarmUp} failures before the window, ${failures}`,
    );
  }
  const group = (name: WatchedName): number => difference(report, name, parseGroupCpuSeconds);
  const idle = difference(report, 'machine', (text) => parseMachineTime(text).idleSeconds);
  const steal = difference(report, 'machine', (text) => parseMachineTime(text).stealSeconds);
  const [proxy, client, origin] = [group('proxy'), group('client'), group('origin')];
  const together = proxy + client + origin;
  return {
    contestant: from.contestant,
    round: from.round,
    errors: report.err + report.errWarmUp,
    foreignCpus: Math.max(0, group('all') - together) / seconds,
    stealCpus: steal / seconds,
    values: {
      proxyCpu: proxy / units,
      togetherCpu: together / units,
      machineBusy: Math.max(0, from.cpuCount * seconds - idle - steal) / units,
      rate: units / seconds,
      p50: report.p50 / 1e6,
      p99: report.p99 / 1e6,
      p999: report.p999 / 1e6,
      packets: difference(report, 'tcp', parseTcpOutSegments) / units,
    },
  };
}

/** The values of one metric of one contestant, by round. */
export function roundValues(samples: readonly Sample[], contestant: string, metric: Metric): readonly RoundValue[] {
  return samples
    .filter((sample) => sample.contestant === contestant)
    .map(({ round, values }) => ({ round, value: values[metric] }));
}

function unitsDone(report: TrafficReport, mode: TrafficMode): number {
  switch (mode) {
    case 'conn':
      return report.ok;
    case 'down':
    case 'up':
      return report.bytes / 1e9;
    case 'ping':
      return report.rts;
  }
}

function difference(report: TrafficReport, name: WatchedName, parse: (text: string) => number): number {
  const watched: WatchedText | undefined = report.watched[name];
  return parse(watched?.after ?? '') - parse(watched?.before ?? '');
}
