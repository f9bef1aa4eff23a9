/** The options of one command as they were typed, and what they may say. Pure; each reader throws UsageError. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { parseTimestamp } from '@sluice/contract/timestamp.ts';
import { showText } from '../../config/show-text.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

type GivenValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export class OptionValues {
  readonly #given: GivenValues;

  constructor(given: GivenValues) {
    this.#given = given;
  }

  flag(name: string): boolean {
    return this.#given[name] === true;
  }

  text(name: string): string | null {
    const value = this.#given[name];
    if (typeof value !== 'string') return null;
    if (value === '') throw new UsageError(`--${name} is empty`);
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#given[name];
    const texts = Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
    if (texts.includes('')) throw new UsageError(`--${name} is empty`);
    return texts;
  }

  /** One of `choices`; how it is capitalised does not matter. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | null {
    const value = this.text(name);
    return value === null ? null : choiceOf(value, name, choices);
  }

  choices<Choice extends string>(name: string, choices: readonly Choice[]): readonly Choice[] {
    return this.texts(name).map((value) => choiceOf(value, name, choices));
  }

  integer(name: string, max: number): number | null {
    const value = this.text(name);
    return value === null ? null : integerOf(value, name, max);
  }

  integers(name: string, max: number): readonly number[] {
    return this.texts(name).map((value) => integerOf(value, name, max));
  }

  timestamp(name: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    const parsed = parseTimestamp(value);
    if (parsed.kind === 'valid') return value;
    throw new UsageError(`--${name} ${showText(value)} ${parsed.message} (${parsed.remedy})`);
  }
}

function choiceOf<Choice extends string>(value: string, name: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((known) => known.toLowerCase() === value.toLowerCase());
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${showText(value)} is none of ${choices.join(', ')}`);
}

function integerOf(value: string, name: string, max: number): number {
  const number = /^[0-9]{1,16}$/u.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UsageError(`--${name} ${showText(value)} is not a number from 1 to ${max}`);
}

/** Options that every command of the state service takes. */
export const accessOptions = {
  state: { type: 'string' },
  'key-file': { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;
