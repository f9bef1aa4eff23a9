/**
 * Proxy and state service as a child in a process group of its own: Ctrl-C reaches only us, and we pass it on once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a place listens on: `host:port`. */
export interface ProxyReadyLine {
  readonly pid: number;
  readonly admin: string;
  readonly listeners: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

interface StateReadyLine {
  readonly url: string;
  readonly adminKeyFile: string;
}

export interface ReadyLines {
  readonly proxy: ProxyReadyLine;
  readonly state: StateReadyLine;
}

export interface AllInOne {
  /** null: it ended before it was ready; why is on standard error. */
  readonly ready: Promise<ReadyLines | null>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** The first time to drain, the second time to end at once. */
  stop(): void;
}

export interface AllInOneOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

/** Name resolution, password checks and files share the thread pool: four threads would let one block the others. */
const threadPool = { UV_THREADPOOL_SIZE: '16' };

export function startAllInOne({ program, args, env, onLine }: AllInOneOptions): AllInOne {
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    env: { ...threadPool, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const proxy = Promise.withResolvers<ProxyReadyLine | null>();
  const state = Promise.withResolvers<StateReadyLine | null>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    onLine(line);
    if (line.includes('"msg":"ready"')) proxy.resolve(JSON.parse(line) as ProxyReadyLine);
    if (line.includes('"msg":"state service ready"')) state.resolve(JSON.parse(line) as StateReadyLine);
  });
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
  void ended.then(
    () => {
      proxy.resolve(null);
      state.resolve(null);
    },
    (error: unknown) => proxy.reject(error),
  );
  return {
    ready: Promise.all([proxy.promise, state.promise]).then(([proxyLine, stateLine]) =>
      proxyLine === null || stateLine === null ? null : { proxy: proxyLine, state: stateLine },
    ),
    ended,
    stop() {
      child.kill('SIGTERM');
    },
  };
}
