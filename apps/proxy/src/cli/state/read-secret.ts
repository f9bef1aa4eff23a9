/**
 * A password, or a verifier, from the person who has it: typed twice at a terminal without being shown, else the first line
 * of standard input. Never an argument: those are visible to every user of the machine.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

export interface SecretInput {
  readonly stream: NodeJS.ReadableStream;
  readonly isTerminal: boolean;
  /** Where the questions go. */
  readonly err: (text: string) => void;
}

/** Ctrl-C or Ctrl-D instead of an answer. */
export class SecretAbortedError extends Error {
  readonly code = 'SLUICE_SECRET_ABORTED';
  override readonly name = 'SecretAbortedError';

  constructor() {
    super('no answer was given; nothing was changed');
  }
}

const maxLineBytes = 4096;

/** `what` as a question names it: `Password`. Rejects with UsageError when it is empty or the two differ. */
export async function readSecret(what: string, input: SecretInput): Promise<string> {
  const secret = input.isTerminal ? await askTwice(what, input) : await firstLine(input.stream);
  if (secret !== '') return secret;
  throw new UsageError(`the ${what.toLowerCase()} is empty (type it at a terminal, or write it to standard input)`);
}

async function askTwice(what: string, { stream, err }: SecretInput): Promise<string> {
  // What is typed would be written here; readline turns the terminal's own echo off as long as it is open.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stream, output: silent, terminal: true, historySize: 0 });
  const abort = new AbortController();
  terminal.on('SIGINT', () => abort.abort());
  terminal.on('close', () => abort.abort());
  const ask = async (question: string): Promise<string> => {
    err(question);
    try {
      return await terminal.question('', { signal: abort.signal });
    } catch (error) {
      if (abort.signal.aborted) throw new SecretAbortedError();
      throw error;
    } finally {
      err('\n');
    }
  };
  try {
    const first = await ask(`${what}: `);
    const second = first === '' ? '' : await ask(`${what} again: `);
    if (first === second) return first;
    throw new UsageError('the two are not the same; nothing was changed');
  } finally {
    terminal.close();
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (bytes.includes(0x0a)) break;
    if (length > maxLineBytes)
      throw new UsageError(`the first line of standard input is longer than ${maxLineBytes} bytes`);
  }
  return Buffer.concat(chunks).toString().split(/\r?\n/u, 1)[0] ?? '';
}
