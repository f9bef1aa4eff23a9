/**
 * Runs a test control plane of its own for as long as this process lives: `tools/kube/serve.sh` ends it when its input closes,
 * which the kernel does even for a process that was killed.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemPath } from '../system-path.ts';
import type { KubePrograms } from './find-kube-programs.ts';

export interface ServedKube {
  /** Keys, logs, pids and kubeconfigs; removed at the end. */
  readonly stateDirectory: string;
  /** Resolves when every process is gone. */
  stop(): Promise<void>;
}

export interface ServeKubeOptions {
  /** How many fake nodes, where there can be nodes (3). */
  readonly nodes?: number;
}

type ServeProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const script = fileURLToPath(new URL('../../../../tools/kube/serve.sh', import.meta.url));
const maxErrorCharacters = 16_384;

/** Resolves at the first line of the script, which says that all is ready; rejects with its last words when there is none. */
async function waitUntilReady(child: ServeProcess): Promise<void> {
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = `${stderr}${chunk}`.slice(-maxErrorCharacters);
  });
  const failed = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      reject(new Error(`the test control plane did not come up (exit code ${code}):\n${stderr}`)),
    );
  });
  failed.catch(() => {}); // its normal end, later
  await Promise.race([once(child.stdout, 'data'), failed]);
}

/** Starts etcd, the API server and, where there are the programs, what makes pods Ready. Takes about five seconds. */
export async function serveKube(programs: KubePrograms, options: ServeKubeOptions = {}): Promise<ServedKube> {
  const stateDirectory = join(tmpdir(), `sluice-kube-${randomUUID().slice(0, 8)}`);
  // Detached: who kills this process's group must not take the script with it, which has the rest to end.
  const child: ServeProcess = spawn(script, [programs.directory, stateDirectory], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: {
      PATH: systemPath,
      KUBE_NODES: String(options.nodes ?? 3),
      KUBE_KEEP_STATE: process.env['KUBE_KEEP_STATE'] ?? '',
    },
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.on('error', () => {});
  await waitUntilReady(child);
  // From here on nothing of it keeps the event loop alive: a test file may simply end.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes are sockets; the declared types are wider.
    if (stream instanceof Socket) stream.unref();
  }
  return {
    stateDirectory,
    stop: async () => {
      child.ref();
      child.stdin.end();
      await closed;
    },
  };
}
