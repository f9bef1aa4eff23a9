/** What the text of an option means, where it means the same to every program. Each throws a UsageError. Pure. */
import type { LogLevel } from '../logger.ts';
import type { Given } from './given-options.ts';
import { UsageError } from './usage-error.ts';

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A whole number from 0 to `max`. null: not given. */
export function readNumberOption<Name extends string>(
  given: Given<Name>,
  name: Name,
  { max }: { readonly max: number },
): number | null {
  const text = given(name);
  if (text === null) return null;
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new UsageError(`--${name} is not a number from 0 to ${max}`);
  return value;
}

export function readLogLevel(given: Given<'log-level'>): LogLevel {
  const logLevel = logLevels.find((level) => level === (given('log-level') ?? 'info'));
  if (logLevel === undefined) throw new UsageError(`--log-level is none of ${logLevels.join(', ')}`);
  return logLevel;
}

type Parsed<Value> =
  | { readonly kind: 'valid'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly message: string; readonly remedy: string };

/** What `parse` makes of it. null: not given. */
export function readParsedOption<Name extends string, Value>(
  given: Given<Name>,
  name: Name,
  parse: (text: string) => Parsed<Value>,
): Value | null {
  const text = given(name);
  if (text === null) return null;
  const parsed = parse(text);
  if (parsed.kind === 'valid') return parsed.value;
  throw new UsageError(`--${name} ${parsed.message} (${parsed.remedy})`);
}
