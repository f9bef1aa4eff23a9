/**
 * One nats-server process on one store and one set of ports, started, killed, paused and started again at will. Whatever
 * happens, it is gone in teardown, ended by its id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { stopProcess } from './stop-process.ts';

export interface NatsProcessPlace {
  readonly program: string;
  /** Holds `server.conf`, the store and the log. */
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly monitorPort: number;
}

const readyTimeoutMs = 30_000;
const logLinesShown = 15;

export class NatsProcess {
  readonly #place: NatsProcessPlace;
  #child: ChildProcess | undefined;

  constructor(place: NatsProcessPlace) {
    this.#place = place;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process; `waitUntilReady` says when it serves. */
  start(): void {
    const { program, directory } = this.#place;
    if (this.#child !== undefined) throw new Error('this nats-server runs already');
    const log = openSync(join(directory, 'server.log'), 'a');
    this.#child = spawn(program, ['--config', join(directory, 'server.conf')], { stdio: ['ignore', log, log] });
    closeSync(log);
  }

  /** Resolves when the server and its JetStream serve (in a cluster: know a meta leader). */
  async waitUntilReady(): Promise<void> {
    const child = this.#child;
    const { host, monitorPort } = this.#place;
    try {
      await eventually(
        async () => {
          if (child?.exitCode !== null || child.signalCode !== null) return;
          const answer = await fetch(`http://${host}:${monitorPort}/healthz`, { signal: AbortSignal.timeout(1_000) });
          const text = await answer.text();
          if (answer.status !== 200) throw new Error(text);
        },
        { timeoutMs: readyTimeoutMs },
      );
      if (child?.exitCode !== null || child.signalCode !== null) throw new Error('it has ended');
    } catch (error) {
      const tail = (await this.log()).trimEnd().split('\n').slice(-logLinesShown).join('\n');
      throw new Error(`nats-server did not become ready; its log ends:\n${tail}`, { cause: error });
    }
  }

  /** What the monitoring endpoint says: `/varz`, `/jsz?meta=true`, `/connz`. */
  async monitor(path: string): Promise<unknown> {
    const url = `http://${this.#place.host}:${this.#place.monitorPort}${path}`;
    return await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).json();
  }

  async log(): Promise<string> {
    return await readFile(join(this.#place.directory, 'server.log'), 'utf8');
  }

  /** Sends SIGKILL, also to a paused process, and resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends the server in its own time: clients are told. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Returns when no thread of it runs. */
  pause(): void {
    if (this.#child?.pid !== undefined) stopProcess(this.#child.pid);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Reads the configuration file again. */
  reload(): void {
    this.#child?.kill('SIGHUP');
  }

  async deleteStore(): Promise<void> {
    await rm(join(this.#place.directory, 'store'), { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    this.#child = undefined;
  }
}
