/** Options of a command, from its arguments or else from the environment, as text. What a text means is for others. Pure. */
import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OptionNames<Name extends string> {
  readonly names: readonly Name[];
  /** May be given several times; their values are joined by commas, as the environment has them. */
  readonly repeatable: readonly Name[];
  /** `SLUICE_` takes `--state-url` from SLUICE_STATE_URL. */
  readonly environmentPrefix: string;
}

/** null: not given. Throws a UsageError for an option that is empty or given too often. */
export type Given<Name extends string> = (name: Name) => string | null;

/** An option wins over the environment. Throws a UsageError for arguments that are no options. */
export function readGivenOptions<Name extends string>(
  { names, repeatable, environmentPrefix }: OptionNames<Name>,
  args: readonly string[],
  env: Environment,
): Given<Name> {
  const values = parseOptions(args, names);
  return (name) => {
    const given = values[name] ?? [];
    if (given.length > 1 && !repeatable.includes(name)) throw new UsageError(`--${name} is given more than once`);
    if (given.includes('')) throw new UsageError(`--${name} is empty`);
    const variable = `${environmentPrefix}${name.replaceAll('-', '_').toUpperCase()}`;
    const value = given.length > 0 ? given.join(',') : env[variable];
    return value === undefined || value === '' ? null : value;
  };
}

function parseOptions(
  args: readonly string[],
  names: readonly string[],
): Readonly<Record<string, readonly string[] | undefined>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string', multiple: true }] as const));
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}
