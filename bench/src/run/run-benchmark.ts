/** Runs the chosen scenarios one after another and says on the way what it does. */
import type { PeerCatalogue } from '../peers/peer-catalogue.ts';
import type { Outcome } from '../report/judge.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Laboratory } from './laboratory.ts';
import { runMemoryScenario } from './run-memory-scenario.ts';
import { type RunPlan, runTrafficScenario } from './run-traffic-scenario.ts';

export interface BenchmarkDeps {
  readonly laboratory: Laboratory;
  readonly catalogue: PeerCatalogue;
  readonly maxConnections: number;
  readonly say: (line: string) => void;
}

const memoryRounds = 2;

/** Outcomes in the order of the scenarios; those that time did not allow are missing, and said so. */
export async function runBenchmark(
  scenarios: readonly Scenario[],
  plan: RunPlan,
  deps: BenchmarkDeps,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    plan.signal.throwIfAborted();
    if (plan.outOfTime()) {
      deps.say(`${scenario.name}: left out, the time is up`);
      continue;
    }
    const outcome = await runScenario(scenario, plan, deps);
    for (const { contestant, reason } of outcome.absences)
      deps.say(`${scenario.name}: without ${contestant}: ${reason}`);
    deps.say(`${scenario.name}: ${outcome.roundsDone} rounds, ${outcome.samples.length} samples`);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runScenario(scenario: Scenario, plan: RunPlan, deps: BenchmarkDeps): Promise<Outcome> {
  const peers = scenario.contestants.map((name) => deps.catalogue.find(name)).filter((peer) => peer !== undefined);
  if (scenario.kind === 'traffic') {
    const speaking = peers.filter(({ fronts }) => fronts.includes(scenario.front));
    return await runTrafficScenario(deps.laboratory, scenario, speaking, plan);
  }
  const rounds = Math.min(plan.rounds, memoryRounds);
  return await runMemoryScenario(deps.laboratory, scenario, peers, {
    ...plan,
    rounds,
    maxConnections: deps.maxConnections,
  });
}
