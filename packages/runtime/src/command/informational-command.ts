/** The commands that every program has: they say something of it and end. Pure. */
import { UsageError } from './usage-error.ts';

export type InformationalCommand = { readonly kind: 'version' } | { readonly kind: 'help' };

/** For a name that is none of the program's own commands. */
export function readInformationalCommand(name: string | undefined, rest: readonly string[]): InformationalCommand {
  switch (name) {
    case 'version':
    case '--version':
      return withoutArguments({ kind: 'version' }, rest);
    case 'help':
    case '--help':
    case '-h':
      return withoutArguments({ kind: 'help' }, rest);
    case undefined:
      throw new UsageError('no command given');
    default:
      throw new UsageError(`unknown command ${JSON.stringify(name)}`);
  }
}

/** Throws a UsageError when something is behind it. */
export function withoutArguments<Command extends { readonly kind: string }>(
  command: Command,
  rest: readonly string[],
): Command {
  if (rest.length > 0) throw new UsageError(`${command.kind} takes no arguments`);
  return command;
}

export function isInformational(command: { readonly kind: string }): command is InformationalCommand {
  return command.kind === 'version' || command.kind === 'help';
}
