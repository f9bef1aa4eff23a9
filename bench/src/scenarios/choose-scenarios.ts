/** Picks scenarios and contestants by the names given on the command line. Pure. */
import { UsageError } from '../options.ts';
import type { Scenario } from './scenario.ts';

export interface Choice {
  /** Names, or prefixes that end in `*`; empty: all (with `quick`, the quick ones). */
  readonly scenarios: readonly string[];
  /** Empty: those of each scenario. */
  readonly contestants: readonly string[];
  readonly quick: boolean;
}

/** The scenarios to run with the contestants to run in them; fails with UsageError when a name fits nothing. */
export function chooseScenarios(catalogue: readonly Scenario[], choice: Choice): readonly Scenario[] {
  for (const wanted of choice.scenarios) {
    if (!catalogue.some(({ name }) => fits(name, wanted)))
      throw new UsageError(`no scenario is named "${wanted}": see --list`);
  }
  const named = choice.scenarios.length > 0;
  return catalogue
    .filter(({ name, quick }) =>
      named ? choice.scenarios.some((wanted) => fits(name, wanted)) : quick || !choice.quick,
    )
    .map((scenario) => withContestants(scenario, choice.contestants));
}

function fits(name: string, wanted: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function withContestants(scenario: Scenario, wanted: readonly string[]): Scenario {
  const [first, ...others] = wanted;
  return first === undefined ? scenario : { ...scenario, contestants: [first, ...others] };
}
