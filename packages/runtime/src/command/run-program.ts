/** A program from its command line to its exit code. Ending the process is main.ts's matter. */
import type { CommandLine } from './command-line.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { isInformational } from './informational-command.ts';

export interface Program<Command extends { readonly kind: string }> {
  readonly name: string;
  readonly version: string;
  readonly usage: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly obey: (command: Command) => Promise<ExitCode>;
}

export async function runProgram<Command extends { readonly kind: string }>(
  program: Program<Command>,
  line: CommandLine<Command>,
): Promise<ExitCode> {
  const { name, version, usage, out, err, obey } = program;
  if (line.kind === 'usage') {
    err(`${name}: ${line.problem}\n\n${line.usage}`);
    return exitCode.usage;
  }
  try {
    if (!isInformational(line.command)) return await obey(line.command);
    out(line.command.kind === 'help' ? usage : `${name} ${version} (node ${process.version})\n`);
    return exitCode.ok;
  } catch (error) {
    err(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCode.runtime;
  }
}
