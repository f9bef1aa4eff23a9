/**
 * Runs one traffic scenario: all contestants alive, every one measured once in each round, the order shuffled and then
 * reversed. Ends early when time is up, between rounds only, so that every round that counts is whole.
 */
import { LoadError, runTraffic } from '../load/traffic-load.ts';
import type { Peer } from '../peers/peer.ts';
import type { TrafficMode, TrafficScenario } from '../scenarios/scenario.ts';
import { roundOrders } from '../statistics/round-order.ts';
import { type Absence, startContestants } from './contestants.ts';
import { type Laboratory, originPorts, type RunningContestant } from './laboratory.ts';
import { EmptySampleError, type Sample, sampleOf } from './sample.ts';

export interface RunPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Of the run before the first round. */
  readonly primingSeconds: number;
  readonly cpuCount: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** True when no further round may begin. */
  readonly outOfTime: () => boolean;
}

export interface TrafficOutcome {
  readonly scenario: TrafficScenario;
  readonly samples: readonly Sample[];
  readonly absences: readonly Absence[];
  readonly roundsDone: number;
}

const destinations: Readonly<Record<TrafficMode, keyof typeof originPorts>> = {
  conn: 'conn',
  down: 'source',
  up: 'sink',
  ping: 'echo',
};

/** Fails with KernelCounterError; a contestant that does no work, or fails in the middle, is an absence. */
export async function runTrafficScenario(
  laboratory: Laboratory,
  scenario: TrafficScenario,
  peers: readonly Peer[],
  plan: RunPlan,
): Promise<TrafficOutcome> {
  const contestants = await startContestants(laboratory, peers);
  const progress: Progress = { samples: [], absences: [...contestants.absences] };
  let roundsDone = 0;
  try {
    await prime({ laboratory, scenario, contestants: contestants.running }, plan, progress);
    for (const [round, order] of roundOrders(contestants.running, plan.rounds, plan.random).entries()) {
      if (plan.outOfTime()) break;
      await runRound(
        order.map((contestant) => ({ laboratory, scenario, contestant, round })),
        plan,
        progress,
      );
      roundsDone += 1;
    }
  } finally {
    await contestants.stop();
  }
  return { scenario, ...progress, roundsDone };
}

interface Line {
  readonly laboratory: Laboratory;
  readonly scenario: TrafficScenario;
  readonly contestants: readonly RunningContestant[];
}

/** One short run of each that nobody counts: code is compiled, memory touched, pipes made. */
async function prime(line: Line, plan: RunPlan, progress: Progress): Promise<void> {
  const { laboratory, scenario, contestants } = line;
  const unmeasured: Progress = { samples: [], absences: progress.absences };
  const turns = contestants.map((contestant) => ({ laboratory, scenario, contestant, round: -1 }));
  await runRound(turns, { ...plan, warmUpSeconds: 0, seconds: plan.primingSeconds }, unmeasured);
}

interface Progress {
  readonly samples: Sample[];
  readonly absences: Absence[];
}

async function runRound(turns: readonly Turn[], plan: RunPlan, progress: Progress): Promise<void> {
  for (const turn of turns) {
    const { name } = turn.contestant;
    if (progress.absences.some(({ contestant }) => contestant === name)) continue;
    try {
      progress.samples.push(await measure(turn, plan));
    } catch (error) {
      // One that crashed or stopped working is named in the report; the others go on.
      if (!(error instanceof EmptySampleError || error instanceof LoadError)) throw error;
      progress.absences.push({ contestant: name, reason: error.message });
    }
  }
}

interface Turn {
  readonly laboratory: Laboratory;
  readonly scenario: TrafficScenario;
  readonly contestant: RunningContestant;
  readonly round: number;
}

async function measure(turn: Turn, plan: RunPlan): Promise<Sample> {
  const { laboratory, scenario, contestant, round } = turn;
  const destination = destinations[scenario.mode];
  const report = await runTraffic(
    {
      program: laboratory.loadGenerator,
      mode: scenario.mode,
      front: scenario.front,
      connections: scenario.connections,
      proxyPort: contestant.port,
      serverName: `${destination}.test`,
      target: laboratory.forwardTarget(originPorts[destination]),
      warmUpSeconds: plan.warmUpSeconds,
      seconds: plan.seconds,
      watch: laboratory.watchFiles(contestant),
    },
    laboratory.clientPlace,
    plan.signal,
  );
  return sampleOf(report, { contestant: contestant.name, round, mode: scenario.mode, cpuCount: plan.cpuCount });
}
