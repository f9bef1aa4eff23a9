/**
 * User memory of an idle connection: the slope of the proxy's anonymous and shared memory between two numbers of held
 * connections, then again after each of them has moved traffic. A fresh process for every reading: memory that was
 * touched once is seldom given back, so only a first growth shows what a connection takes.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type IdleState, startIdleHolder } from '../load/idle-holder.ts';
import { parseUserMemoryBytes } from '../machine/kernel-counters.ts';
import type { Peer } from '../peers/peer.ts';
import type { MemoryScenario } from '../scenarios/scenario.ts';
import { type Absence, startContestants } from './contestants.ts';
import type { Laboratory, RunningContestant } from './laboratory.ts';

export interface MemorySample {
  readonly contestant: string;
  readonly round: number;
  /** Connections between the two readings. */
  readonly connections: number;
  readonly baseBytes: number;
  readonly beforeTrafficBytes: number;
  readonly afterTrafficBytes: number;
  readonly errors: number;
}

export interface MemoryOutcome {
  readonly scenario: MemoryScenario;
  readonly samples: readonly MemorySample[];
  readonly absences: readonly Absence[];
  readonly roundsDone: number;
}

export interface MemoryPlan {
  readonly rounds: number;
  readonly maxConnections: number;
  readonly outOfTime: () => boolean;
}

const settleMs = 1500;
const readings = 3;

/** Never fails because of a contestant: one that does not start, or ends in the middle, is an absence. */
export async function runMemoryScenario(
  laboratory: Laboratory,
  scenario: MemoryScenario,
  peers: readonly Peer[],
  plan: MemoryPlan,
): Promise<MemoryOutcome> {
  const shape = { ...scenario, held: boundedHeld(scenario.held, plan.maxConnections) };
  const samples: MemorySample[] = [];
  const absences = new Map<string, Absence>();
  let roundsDone = 0;
  for (let round = 0; round < plan.rounds && !plan.outOfTime(); round++) {
    for (const peer of peers.filter(({ name }) => !absences.has(name))) {
      const result = await measureFresh(laboratory, peer, shape);
      for (const absence of result.absences) absences.set(absence.contestant, absence);
      samples.push(...result.samples.map((sample) => ({ ...sample, round })));
    }
    roundsDone += 1;
  }
  return { scenario: shape, samples, absences: [...absences.values()], roundsDone };
}

interface FreshResult {
  readonly samples: readonly Omit<MemorySample, 'round'>[];
  readonly absences: readonly Absence[];
}

async function measureFresh(laboratory: Laboratory, peer: Peer, scenario: MemoryScenario): Promise<FreshResult> {
  const { running, absences, stop } = await startContestants(laboratory, [peer]);
  try {
    const [contestant] = running;
    return { absences, samples: contestant === undefined ? [] : [await measure(laboratory, contestant, scenario)] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { absences: [{ contestant: peer.name, reason }], samples: [] };
  } finally {
    await stop();
  }
}

function boundedHeld(held: readonly [number, number], maxConnections: number): readonly [number, number] {
  const high = Math.min(held[1], maxConnections - 200);
  return [Math.min(held[0], Math.floor(high / 4)), high];
}

async function measure(
  laboratory: Laboratory,
  contestant: RunningContestant,
  scenario: MemoryScenario,
): Promise<Omit<MemorySample, 'round'>> {
  const request = { program: laboratory.loadGenerator, proxyPort: contestant.port, serverName: 'echo.test' };
  const holder = startIdleHolder(request, laboratory.clientPlace);
  try {
    const base = await readAfter(() => holder.hold(scenario.held[0]), contestant);
    const before = await readAfter(() => holder.hold(scenario.held[1]), contestant);
    const after = await readAfter(() => holder.traffic(scenario.trafficBytes), contestant);
    return {
      contestant: contestant.name,
      connections: before.state.held - base.state.held,
      baseBytes: base.bytes,
      beforeTrafficBytes: before.bytes,
      afterTrafficBytes: after.bytes,
      errors: after.state.err,
    };
  } finally {
    await holder.close();
  }
}

interface Reading {
  readonly state: IdleState;
  readonly bytes: number;
}

async function readAfter(act: () => Promise<IdleState>, contestant: RunningContestant): Promise<Reading> {
  const state = await act();
  const bytes: number[] = [];
  for (let reading = 0; reading < readings; reading++) {
    await delay(settleMs / readings);
    bytes.push(await userMemoryOf(contestant));
  }
  return { state, bytes: Math.min(...bytes) };
}

async function userMemoryOf(contestant: RunningContestant): Promise<number> {
  const pids = await contestant.group.pids();
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8')));
  return texts.reduce((sum, text) => sum + parseUserMemoryBytes(text), 0);
}
