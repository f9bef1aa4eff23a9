/** Drives the load generator's idle mode: hold so many connections, move traffic on them, let go. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { enteringCommand, type Place } from '../machine/measured-process.ts';
import { LoadError } from './traffic-load.ts';

export interface IdleState {
  readonly held: number;
  /** Connections lost since the start. */
  readonly err: number;
}

export interface IdleHolder {
  /** Opens connections until this many are held, each proven by an echoed message. */
  hold(count: number): Promise<IdleState>;
  /** Moves this many bytes to the origin and back on every held connection. */
  traffic(bytes: number): Promise<IdleState>;
  close(): Promise<void>;
}

export interface IdleRequest {
  readonly program: string;
  readonly proxyPort: number;
  readonly serverName: string;
}

/** Starts the holder in `place`; its answers fail with LoadError when it ends early. */
export function startIdleHolder(request: IdleRequest, place: Place): IdleHolder {
  const proxy = `127.0.0.1:${request.proxyPort}`;
  const command = [request.program, '--mode', 'idle', '--proxy', proxy, '--sni', request.serverName];
  const [program = '', ...args] = enteringCommand(command, place);
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<IdleState> => {
    child.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done === true) throw new LoadError(`the holder of idle connections ended before it answered "${line}"`);
    return parseIdleState(answer.value);
  };
  return {
    hold: (count) => ask(`hold ${count}`),
    traffic: (bytes) => ask(`traffic ${bytes}`),
    close: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end('quit\n');
      await ended;
    },
  };
}

function parseIdleState(line: string): IdleState {
  const match = /"held":(\d+),"err":(\d+)/.exec(line);
  if (match === null) throw new LoadError(`the holder of idle connections answered ${line.slice(0, 80)}`);
  return { held: Number(match[1]), err: Number(match[2]) };
}
