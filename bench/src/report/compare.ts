/**
 * Compares contestants of one outcome: paired ratios, the noise floor, whether the proxy's cgroup and the whole machine
 * tell the same story. Pure.
 */
import { type Metric, roundValues, type Sample } from '../run/sample.ts';
import { type Distribution, distribution } from '../statistics/distribution.ts';
import { noiseFloor } from '../statistics/noise-floor.ts';
import { pairedRatios } from '../statistics/paired-ratios.ts';

/** Where subject / other lies for this metric; undefined when no round has both. */
export function compare(
  samples: readonly Sample[],
  pair: { readonly subject: string; readonly other: string },
  metric: Metric,
): Distribution | undefined {
  return distribution(
    pairedRatios(roundValues(samples, pair.subject, metric), roundValues(samples, pair.other, metric)),
  );
}

/** Where one contestant's own values lie. */
export function valuesOf(samples: readonly Sample[], contestant: string, metric: Metric): Distribution | undefined {
  return distribution(roundValues(samples, contestant, metric).map(({ value }) => value));
}

/** The noise floor of a metric, from the contestant that ran twice; undefined when none did. */
export function floorOf(samples: readonly Sample[], metric: Metric): number | undefined {
  const control = samples.find(({ contestant }) => contestant.endsWith('-control'))?.contestant;
  if (control === undefined) return undefined;
  const ratios = compare(samples, { subject: control.replace(/-control$/, ''), other: control }, metric);
  return ratios && noiseFloor(ratios);
}

/** Samples of rounds in which neighbours left the machine alone; the others would measure them. */
export function quietSamples(samples: readonly Sample[], maxForeignCpus: number): readonly Sample[] {
  return samples.filter(({ foreignCpus, stealCpus }) => foreignCpus + stealCpus <= maxForeignCpus);
}

/**
 * A ratio of CPU counts only where cgroup and machine agree on who is dearer: softirq work on loopback is charged to
 * whoever happens to run. A machine ratio within its noise floor of 1 contradicts nothing.
 */
export function agrees(proxy: Distribution, machine: Distribution, machineFloor: number): boolean {
  const within = Math.abs(machine.median - 1) <= machineFloor;
  return within || proxy.median < 1 === machine.median < 1;
}
