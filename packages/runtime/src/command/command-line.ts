/** A command line as data: the command it gives, or what is wrong with it. Pure. */
import type { InformationalCommand } from './informational-command.ts';
import { UsageError } from './usage-error.ts';

export type CommandLine<Command> =
  | { readonly kind: 'command'; readonly command: Command | InformationalCommand }
  | {
      readonly kind: 'usage';
      readonly problem: string;
      /** What could have been written instead. */
      readonly usage: string;
    };

/** `parse` throws a UsageError for what is wrong. */
export function readCommandLine<Command>(
  usage: string,
  parse: () => Command | InformationalCommand,
): CommandLine<Command> {
  try {
    return { kind: 'command', command: parse() };
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage', problem: error.message, usage };
    throw error;
  }
}
