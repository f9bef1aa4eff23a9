/**
 * One report of several runs on the same machine: a full run takes longer than a machine stays quiet. Pure. Invariant: a scenario
 * comes whole from one run, since ratios are only taken inside rounds.
 */
import type { ContestantFacts, RunFacts } from './markdown-report.ts';
import { partsOf } from './markdown-report.ts';
import type { Outcome } from './judge.ts';

export interface RunResults {
  readonly facts: RunFacts;
  readonly outcomes: readonly Outcome[];
}

/** The runs cannot stand in one report. */
export class UnlikeRunsError extends Error {
  readonly code = 'UNLIKE_RUNS';
  override readonly name = 'UnlikeRunsError';
}

const mustAgree = ['rounds', 'seconds', 'warmUpSeconds', 'maxForeignCpus'] as const;

/** Each scenario from the last run that has it, in the order given by `order`; throws UnlikeRunsError. */
export function joinResults(runs: readonly [RunResults, ...RunResults[]], order: readonly string[]): RunResults {
  const [first, ...others] = runs;
  for (const other of others) refuseUnlike(first.facts, other.facts);
  const last = new Map<string, { readonly run: RunResults; readonly outcome: Outcome }>();
  for (const run of runs) for (const outcome of run.outcomes) last.set(outcome.scenario.name, { run, outcome });
  const chosen = order.flatMap((name) => last.get(name) ?? []);
  const parts = runs.flatMap((run) => {
    const names = chosen.filter((entry) => entry.run === run).map(({ outcome }) => outcome.scenario.name);
    return names.length === 0 ? [] : partsOf(run.facts, names);
  });
  const contestants = new Map<string, ContestantFacts>();
  for (const contestant of runs.flatMap(({ facts }) => facts.contestants)) contestants.set(contestant.name, contestant);
  const elapsedSeconds = parts.reduce((sum, part) => sum + part.elapsedSeconds, 0);
  return {
    facts: { ...first.facts, parts, contestants: [...contestants.values()], elapsedSeconds },
    outcomes: chosen.map(({ outcome }) => outcome),
  };
}

function refuseUnlike(a: RunFacts, b: RunFacts): void {
  for (const key of mustAgree) {
    if (a[key] !== b[key]) throw new UnlikeRunsError(`the runs differ in ${key}: ${a[key]} and ${b[key]}`);
  }
  for (const key of ['cpuModel', 'kernel'] as const) {
    if (a.machine[key] === b.machine[key]) continue;
    throw new UnlikeRunsError(`the runs are of different machines: ${a.machine[key]} and ${b.machine[key]}`);
  }
}
