/** How one command is written: its words, its operand, its options, and what they mean. The usage text is made of it too. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { OptionValues } from './option-values.ts';

export interface DeedForm<Deed> {
  /** `add` of `user add`. */
  readonly verb: string;
  /** What follows the verb, as the usage text names it; null: nothing. */
  readonly operand: string | null;
  readonly options: ParseArgsOptionsConfig;
  /** The options as the usage text shows them. */
  readonly synopsis: string;
  readonly about: string;
  /** Throws UsageError. `operand` is empty where there is none. */
  readonly read: (values: OptionValues, operand: string) => Deed;
}

/** Change only this version of it; otherwise whatever version it is. */
export const versionOption = { 'if-version': { type: 'string' } } as const satisfies ParseArgsOptionsConfig;
export const versionSynopsis = '[--if-version N]';
