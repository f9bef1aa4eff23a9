/**
 * A Kubernetes API server for one test, with what can happen to one: killed, restarted, stopped in the middle (SIGSTOP), its past
 * compacted away. Tests that break nothing take `sharedKubeApi`, which costs nothing.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { CleanupScope } from '../cleanup-scope.ts';
import { eventually } from '../eventually.ts';
import { runCommand } from '../run-command.ts';
import { stopProcess } from '../stop-process.ts';
import { findKubePrograms, type KubePrograms } from './find-kube-programs.ts';
import { KubeApi } from './kube-api.ts';
import { serveKube, type ServeKubeOptions, type ServedKube } from './serve-kube.ts';

const program = 'kube-apiserver';
const restartTimeoutMs = 60_000;

/** Rejects while anybody listens on the port: a killed server's threads hold it for a while after the process looks dead. */
async function assertRefused(server: string): Promise<void> {
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port), hostname);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  socket.destroy();
  if (isOpen) throw new Error(`${server} still accepts connections`);
}

export class OwnKubeApi extends KubeApi {
  readonly #served: ServedKube;

  constructor(programs: KubePrograms, served: ServedKube) {
    super(programs, served.stateDirectory);
    this.#served = served;
  }

  /** SIGKILL to the API server alone; resolves when its port refuses connections. etcd and the controllers live on. */
  async kill(): Promise<void> {
    process.kill(this.#pid(), 'SIGKILL');
    await eventually(() => assertRefused(this.server), { timeoutMs: restartTimeoutMs });
  }

  /** Starts the API server on the same port and data; resolves when it is ready. Only after `kill`. */
  async start(): Promise<void> {
    const [command = '', ...args] = readFileSync(join(this.stateDirectory, `${program}.argv`), 'utf8')
      .split('\0')
      .slice(0, -1);
    const log = openSync(join(this.stateDirectory, `${program}.log`), 'a');
    const child = spawn(command, args, {
      cwd: this.stateDirectory,
      stdio: ['ignore', log, log],
      detached: true,
      env: {},
    });
    closeSync(log);
    child.unref();
    // serve.sh ends what is noted here.
    writeFileSync(join(this.stateDirectory, `${program}.pid`), `${child.pid}\n`);
    await eventually(() => this.client.call('/readyz'), { timeoutMs: restartTimeoutMs, intervalMs: 50 });
  }

  /** Kills the API server and starts it again: its watch cache is new, and older resource versions are gone. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** SIGSTOP: connections stay open, the kernel accepts new ones, nobody answers. */
  pause(): void {
    stopProcess(this.#pid());
  }

  resume(): void {
    process.kill(this.#pid(), 'SIGCONT');
  }

  /** Compacts etcd up to `revision`. The watch cache still serves what it holds: with `restart` after it, 410 is certain. */
  async compactEtcd(revision: string): Promise<void> {
    const result = await runCommand('/usr/bin/curl', [
      ...['--silent', '--show-error', '--fail-with-body', '--unix-socket', join(this.stateDirectory, 'etcd-client:1')],
      ...['http://etcd/v3/kv/compaction', '--data', JSON.stringify({ revision, physical: true })],
    ]);
    if (result.code !== 0) throw new Error(`etcd refused to compact to ${revision}: ${result.stdout}${result.stderr}`);
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.client.close();
    await this.#served.stop();
  }

  #pid(): number {
    return Number(readFileSync(join(this.stateDirectory, `${program}.pid`), 'utf8'));
  }
}

/** Starts a server of the test's own (five seconds, 500 MB). Ask `whyNoKubeApi` first whether there can be one. */
export async function startKubeApi(scope: CleanupScope, options: ServeKubeOptions = {}): Promise<OwnKubeApi> {
  const programs = await findKubePrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const served = await serveKube(programs, options);
  scope.after(() => served.stop());
  const api = new OwnKubeApi(programs, served);
  scope.after(() => api.client.close());
  return api;
}
