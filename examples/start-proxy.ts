/**
 * `sluice run` as a child in a process group of its own: Ctrl-C reaches only us, and we pass it on once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a place listens on: `host:port`. */
export interface ReadyLine {
  readonly pid: number;
  readonly admin: string;
  readonly listeners: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

export interface Proxy {
  /** null: it ended before it was ready; why is on standard error. */
  readonly ready: Promise<ReadyLine | null>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** The first time to drain, the second time to end at once. */
  stop(): void;
}

export interface ProxyOptions {
  readonly command: string;
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

export function startProxy({ command, configPath, env, onLine }: ProxyOptions): Proxy {
  const child = spawn(command, ['run', '--config', configPath], {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = Promise.withResolvers<ReadyLine | null>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    onLine(line);
    if (line.includes('"msg":"ready"')) ready.resolve(JSON.parse(line) as ReadyLine);
  });
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
  void ended.then(
    () => ready.resolve(null),
    (error: unknown) => ready.reject(error),
  );
  return {
    ready: ready.promise,
    ended,
    stop() {
      child.kill('SIGTERM');
    },
  };
}
