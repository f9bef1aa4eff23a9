/**
 * Runs a real client (curl, openssl, ssh, nc) to its end, with a bound on time and on what it may print. It gets none of the
 * caller's environment: a proxy variable there would change what is tested.
 */
import { spawn } from 'node:child_process';
import { systemPath } from './system-path.ts';

export interface RunCommandOptions {
  readonly input?: string | Buffer;
  /** Leave standard input open after `input` (openssl s_client ends when it sees the end). */
  readonly keepInputOpen?: boolean;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface CommandResult {
  /** null: ended by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const maxOutputBytes = 16 * 1024 * 1024;

function collect(chunks: Buffer[]): (chunk: Buffer) => void {
  let size = 0;
  return (chunk) => {
    size += chunk.length;
    if (size <= maxOutputBytes) chunks.push(chunk);
  };
}

/** Runs `command` and resolves when it has ended; kills it after `timeoutMs` (60 s: the machine may be busy). Rejects if it cannot be started. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: systemPath, ...options.env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', collect(stdout));
  child.stderr.on('data', collect(stderr));
  child.stdin.on('error', () => {});
  if (options.keepInputOpen === true) child.stdin.write(options.input ?? '');
  else child.stdin.end(options.input ?? '');
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    return {
      code,
      signal,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
      timedOut,
    };
  } finally {
    clearTimeout(timer);
  }
}
