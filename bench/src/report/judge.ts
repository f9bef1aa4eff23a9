/**
 * Says of each target whether the run reached it. Pure. A CPU ratio passes when the cgroup's median is within the limit
 * and the whole machine's does not contradict it (it is not above 1, or above the limit where that is higher).
 */
import type { MemoryOutcome, MemorySample } from '../run/run-memory-scenario.ts';
import type { TrafficOutcome } from '../run/run-traffic-scenario.ts';
import { type Distribution, distribution } from '../statistics/distribution.ts';
import { compare, floorOf, quietSamples, valuesOf } from './compare.ts';
import type { MemoryTarget, RatioTarget, Target, ValueTarget } from './targets.ts';

export type Outcome = TrafficOutcome | MemoryOutcome;

export type Verdict = 'pass' | 'miss' | 'unclear' | 'not measured';

export interface Judgement {
  readonly target: Target;
  readonly verdict: Verdict;
  /** What the limit is held against. */
  readonly measured: Distribution | undefined;
  /** The whole machine's ratio against the same contestant; CPU ratios only. */
  readonly machine: Distribution | undefined;
  /** The contestant that the verdict rests on. */
  readonly against: string | undefined;
  readonly noiseFloor: number | undefined;
}

export function isTrafficOutcome(outcome: Outcome): outcome is TrafficOutcome {
  return outcome.scenario.kind === 'traffic';
}

/** The memory that one connection took until this phase. */
export function bytesPerConnection(sample: MemorySample, phase: MemoryTarget['phase']): number {
  const total = phase === 'before' ? sample.beforeTrafficBytes : sample.afterTrafficBytes;
  return (total - sample.baseBytes) / sample.connections;
}

/** Judges one target by the outcomes at hand. */
export function judge(target: Target, outcomes: readonly Outcome[], maxForeignCpus: number): Judgement {
  const outcome = outcomes.find(({ scenario }) => scenario.name === target.scenario);
  const nothing = { target, machine: undefined, against: undefined, noiseFloor: undefined };
  if (outcome === undefined) return { ...nothing, verdict: 'not measured', measured: undefined };
  if (target.kind === 'memory') {
    const measured = isTrafficOutcome(outcome) ? undefined : memoryOf(outcome, target);
    return { ...nothing, measured, verdict: simpleVerdict(measured, target.limit) };
  }
  if (!isTrafficOutcome(outcome)) return { ...nothing, verdict: 'not measured', measured: undefined };
  const quiet = { ...outcome, samples: quietSamples(outcome.samples, maxForeignCpus) };
  if (target.kind === 'ratio') return judgeRatio(target, quiet);
  const measured = valuesOf(quiet.samples, target.subject, target.metric);
  return { ...nothing, measured, verdict: simpleVerdict(measured, target.limit) };
}

function simpleVerdict(measured: Distribution | undefined, limit: ValueTarget['limit']): Verdict {
  if (measured === undefined) return 'not measured';
  return measured.median <= limit ? 'pass' : 'miss';
}

function memoryOf(outcome: MemoryOutcome, target: MemoryTarget): Distribution | undefined {
  const samples = outcome.samples.filter(({ contestant }) => contestant === target.subject);
  return distribution(samples.map((sample) => bytesPerConnection(sample, target.phase)));
}

function judgeRatio(target: RatioTarget, outcome: TrafficOutcome): Judgement {
  const { samples } = outcome;
  const candidates = target.against.flatMap((other) => {
    const ratio = compare(samples, { subject: target.subject, other }, target.metric);
    return ratio === undefined ? [] : [{ other, ratio }];
  });
  const worst = candidates.toSorted((a, b) => b.ratio.median - a.ratio.median)[0];
  const noise = floorOf(samples, target.metric);
  if (worst === undefined) {
    return {
      target,
      verdict: 'not measured',
      measured: undefined,
      machine: undefined,
      against: undefined,
      noiseFloor: noise,
    };
  }
  const checked = target.metric === 'proxyCpu';
  const pair = { subject: target.subject, other: worst.other };
  const machine = checked ? compare(samples, pair, 'machineBusy') : undefined;
  const contradicted = machine !== undefined && machine.median > Math.max(1, target.limit);
  const reached = worst.ratio.median <= target.limit;
  const verdict: Verdict = reached ? (contradicted ? 'unclear' : 'pass') : 'miss';
  return { target, verdict, measured: worst.ratio, machine, against: worst.other, noiseFloor: noise };
}
