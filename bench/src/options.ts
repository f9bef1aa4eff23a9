/** The command line of the benchmark. Pure: arguments in, options or a UsageError out. */
import { parseArgs } from 'node:util';
import { controlParts, type ControlPart } from './control/control-results.ts';
import { kubeParts, type KubePart } from './kube/kube-results.ts';

export interface Options {
  /** Names, or prefixes that end in `*`; empty: all. */
  readonly scenarios: readonly string[];
  readonly contestants: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly quick: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly budgetMinutes: number;
  readonly maxForeignCpus: number;
  readonly seed: number;
  /** Directory of results.md and results.json; undefined: bench/ for a full run, bench/.cache/ else. */
  readonly out: string | undefined;
  /** Measure nothing: make one report of the runs whose results.json are in these directories. */
  readonly join: readonly string[];
  /** Parts of the control plane to measure instead of the data path. */
  readonly control: readonly ControlPart[];
  /** Parts of the operator to measure instead of the data path. */
  readonly kube: readonly KubePart[];
}

/** The command line cannot be obeyed. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

export const usage = `usage: main.ts [options]
  --scenario A,B*        only these (a * ends a prefix)     --contestants A,B   only these, the scenario's subject included
  --rounds N             default 5                          --seconds S         window of each run, default 1
  --warm-up S            default 0.2                        --quick             a short run of the main scenarios
  --budget-minutes M     no round begins after it (15)      --max-foreign-cpus C  drop runs that others disturbed (0.6)
  --seed N               order of the contestants           --out DIR           where results.md and results.json go
  --join DIR,DIR         measure nothing: one report of several runs, each scenario from the last that has it
  --control P,Q | all    the control plane instead of peers: ${controlParts.join(', ')};
                         results-control.md, with the figures kept of parts that are not measured now
  --kube P,Q | all       the operator instead of peers: ${kubeParts.join(', ')};
                         results-kube.md, in the same way
  --list                 name scenarios and contestants     --help`;

const maxRounds = 1000;

/** Reads the arguments after the program's name; fails with UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseValues(args);
  const quick = values.quick ?? false;
  const number = (name: NumericName, otherwise: number): number => {
    const text = values[name];
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isFinite(value) || value < 0 || text === '')
      throw new UsageError(`--${name} takes a number, not "${text}"`);
    return value;
  };
  const rounds = number('rounds', quick ? 2 : 5);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > maxRounds) {
    throw new UsageError(`--rounds takes a whole number from 1 to ${maxRounds}, not "${values.rounds}"`);
  }
  const seconds = number('seconds', quick ? 0.4 : 1);
  if (seconds <= 0) throw new UsageError('--seconds takes a number above 0');
  return {
    scenarios: listOf(values.scenario),
    contestants: listOf(values.contestants),
    rounds,
    seconds,
    warmUpSeconds: number('warm-up', 0.2),
    quick,
    list: values.list ?? false,
    help: values.help ?? false,
    budgetMinutes: number('budget-minutes', 15),
    maxForeignCpus: number('max-foreign-cpus', 0.6),
    seed: number('seed', 1),
    out: values.out,
    join: listOf(values.join),
    control: partsOf('control', controlParts, listOf(values.control)),
    kube: partsOf('kube', kubeParts, listOf(values.kube)),
  };
}

type NumericName = 'rounds' | 'seconds' | 'warm-up' | 'budget-minutes' | 'max-foreign-cpus' | 'seed';

function parseValues(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const many = { type: 'string', multiple: true } as const;
  const options = {
    scenario: many,
    contestants: many,
    rounds: text,
    seconds: text,
    'warm-up': text,
    quick: flag,
    list: flag,
    help: flag,
    'budget-minutes': text,
    'max-foreign-cpus': text,
    seed: text,
    out: text,
    join: many,
    control: many,
    kube: many,
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function partsOf<Part extends string>(
  option: string,
  parts: readonly Part[],
  names: readonly string[],
): readonly Part[] {
  if (names.includes('all')) return parts;
  return names.map((name) => {
    const part = parts.find((known) => known === name);
    if (part === undefined) throw new UsageError(`--${option} takes ${parts.join(', ')} or all, not "${name}"`);
    return part;
  });
}

function listOf(values: readonly string[] | undefined): readonly string[] {
  return (values ?? []).flatMap((value) => value.split(',')).filter(Boolean);
}
