/** `sluice user|acl|key …`: from the command to what was done, or to why not and the exit code that says so. */
import type { Output } from '../check-command.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { isExposed, readAccess, type StateEnvironment, StateKeyError } from './access-settings.ts';
import type { DeedSession } from './deed-session.ts';
import { doKeyDeed } from './key-deeds.ts';
import { printable } from './printable.ts';
import { problemLines } from './problem-lines.ts';
import { readSecret, SecretAbortedError } from './read-secret.ts';
import { doRuleDeed } from './rule-deeds.ts';
import { StateClient } from './state-client.ts';
import { StateProblemError, StateUnreachableError } from './state-client-error.ts';
import type { StateCommand, StateDeed } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import { doUserDeed } from './user-deeds.ts';

export interface StateCommandDeps extends Output {
  readonly environment: StateEnvironment;
  readonly input: { readonly stream: NodeJS.ReadableStream; readonly isTerminal: boolean };
}

export async function stateCommand(command: StateCommand, deps: StateCommandDeps): Promise<ExitCode> {
  const complain = (text: string): void => deps.err(`sluice: ${text}\n`);
  try {
    const config = await readAccess(command.access, deps.environment);
    if (isExposed(config.url)) complain(`warning: the key and what is sent go to ${config.url.host} unencrypted`);
    await doDeed(command, {
      client: new StateClient(config),
      isJson: command.isJson,
      out: (text) => deps.out(text),
      note: complain,
      readSecret: (kind) => readSecret(kind, { ...deps.input, err: (text) => deps.err(text) }),
    });
    return exitCode.ok;
  } catch (error) {
    const { code, lines } = failureOf(error);
    for (const line of lines) complain(line);
    return code;
  }
}

async function doDeed(command: StateDeed, session: DeedSession): Promise<void> {
  switch (command.noun) {
    case 'user':
      return await doUserDeed(command.deed, session);
    case 'acl':
      return await doRuleDeed(command.deed, session);
    case 'key':
      return await doKeyDeed(command.deed, session);
  }
}

function failureOf(error: unknown): { readonly code: ExitCode; readonly lines: readonly string[] } {
  if (error instanceof StateProblemError) return { code: exitCode.runtime, lines: problemLines(error.problem) };
  if (error instanceof UsageError) return { code: exitCode.usage, lines: [error.message] };
  if (error instanceof StateKeyError) return { code: exitCode.configuration, lines: [printable(error.message)] };
  if (error instanceof StateUnreachableError || error instanceof SecretAbortedError) {
    return { code: exitCode.runtime, lines: [printable(error.message)] };
  }
  throw error;
}
