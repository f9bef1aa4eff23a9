/** `sluice hash-password`: a password from standard input to the verifier that goes into the configuration. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { VerifierAlgorithm } from '@sluice/contract/verifier-algorithm.ts';
import { hashPasswordBy } from '../credentials/hash-password.ts';
import type { Output } from './check-command.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';

export interface PasswordInput {
  readonly stream: NodeJS.ReadableStream;
  readonly isTerminal: boolean;
}

/** Never from the command line: arguments are visible to every user of the machine. */
export async function hashPasswordCommand(
  algorithm: VerifierAlgorithm,
  input: PasswordInput,
  output: Output,
): Promise<ExitCode> {
  const password = input.isTerminal ? await ask(input, output) : firstLine(await text(input.stream));
  if (password === '') {
    output.err('sluice: the password is empty (write it to standard input)\n');
    return exitCode.usage;
  }
  output.out(`${await hashPasswordBy(algorithm, password)}\n`);
  return exitCode.ok;
}

function firstLine(given: string): string {
  return given.split(/\r?\n/, 1)[0] ?? '';
}

/** The echo of what is typed goes nowhere. */
async function ask(input: PasswordInput, output: Output): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: input.stream, output: silent, terminal: true });
  output.err('Password: ');
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    output.err('\n');
  }
}
