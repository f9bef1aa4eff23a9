/** `sluice user|acl|key …` as data. Pure. A password or a key among the arguments is refused, and never repeated. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearestName } from '../../config/nearest-name.ts';
import { showText } from '../../config/show-text.ts';
import type { DeedForm } from './deed-form.ts';
import { keyForms } from './key-forms.ts';
import { accessOptions, OptionValues } from './option-values.ts';
import { ruleForms } from './rule-forms.ts';
import type { StateCommand } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import { userForms } from './user-forms.ts';

export const stateNouns = ['user', 'acl', 'key'] as const;
export type StateNoun = (typeof stateNouns)[number];

export const stateForms = { user: userForms, acl: ruleForms, key: keyForms } as const;

export type StateArguments =
  | { readonly kind: 'Command'; readonly command: StateCommand }
  | { readonly kind: 'Usage'; readonly problem: string };

const visible = 'every user of the machine can see the arguments of a program';
const secretOptions: Readonly<Record<string, string>> = {
  password: `a password is not taken from the command line, where ${visible}: it is asked for, or is the first line of standard input`,
  key: `an API key is not taken from the command line, where ${visible}: use --key-file or SLUICE_STATE_KEY`,
};

/** `rest`: what follows the noun. */
export function parseStateArguments(noun: StateNoun, rest: readonly string[]): StateArguments {
  try {
    return { kind: 'Command', command: readCommand(noun, rest) };
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'Usage', problem: error.message };
    throw error;
  }
}

function readCommand(noun: StateNoun, words: readonly string[]): StateCommand {
  switch (noun) {
    case 'user':
      return { noun, ...readDeed(noun, stateForms[noun], words) };
    case 'acl':
      return { noun, ...readDeed(noun, stateForms[noun], words) };
    case 'key':
      return { noun, ...readDeed(noun, stateForms[noun], words) };
  }
}

function readDeed<Deed>(noun: StateNoun, forms: readonly DeedForm<Deed>[], [verb, ...args]: readonly string[]) {
  const form = formOf(noun, forms, verb);
  const { values, operands } = split(args, { ...form.options, ...accessOptions });
  const operand = operandOf(`${noun} ${form.verb}`, form, operands);
  return {
    access: { url: values.text('state'), keyFile: values.text('key-file') },
    isJson: values.flag('json'),
    deed: form.read(values, operand),
  };
}

function formOf<Deed>(noun: StateNoun, forms: readonly DeedForm<Deed>[], verb: string | undefined): DeedForm<Deed> {
  const verbs = forms.map((form) => form.verb);
  if (verb === undefined) throw new UsageError(`${noun} needs one of ${verbs.join(', ')}`);
  const form = forms.find((candidate) => candidate.verb === verb);
  if (form !== undefined) return form;
  const nearest = nearestName(verb, verbs);
  const hint = nearest === null ? `it is one of ${verbs.join(', ')}` : `did you mean ${nearest}?`;
  throw new UsageError(`unknown command "${noun} ${showText(verb).slice(1, -1)}": ${hint}`);
}

function split(args: readonly string[], options: ParseArgsOptionsConfig) {
  for (const argument of args) {
    if (argument === '--') break;
    const name = /^--([a-z]+)(?:=|$)/u.exec(argument)?.[1] ?? '';
    const refusal = secretOptions[name];
    if (refusal !== undefined && Object.hasOwn(secretOptions, name)) throw new UsageError(refusal);
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: new OptionValues(values), operands: positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function operandOf(
  words: string,
  form: Pick<DeedForm<unknown>, 'operand'>,
  [operand, ...more]: readonly string[],
): string {
  if (form.operand === null) {
    if (operand === undefined) return '';
    throw new UsageError(`${words} takes options only`);
  }
  if (operand === undefined || operand === '') throw new UsageError(`${words} needs ${form.operand}`);
  if (more.length === 0) return operand;
  // What is too much may be a password, so it is not repeated.
  throw new UsageError(
    `${words} takes one ${form.operand} and options${form.operand === 'NAME' ? `; ${secretOptions['password']}` : ''}`,
  );
}
