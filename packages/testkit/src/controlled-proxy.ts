/**
 * A proxy that takes its users from the control plane: killed, started again on the same configuration and state directory, and
 * asked what it has in force.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from './address.ts';
import { buildConfig } from './build-config.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { type SluiceProcess, startSluice } from './sluice-process.ts';

export interface ControlledProxyOptions {
  readonly name: string;
  /** Holds its configuration and, unless told otherwise, its last good table. */
  readonly directory: string;
  readonly natsUrls: readonly string[];
  /** Where the last good table is; null: nowhere. */
  readonly stateDirectory?: string | null;
  /** `control.startTimeout`. */
  readonly startTimeout?: string;
  /** How long `start` waits; 20 s if absent. */
  readonly startTimeoutMs?: number;
}

/** A range as `/v1/control` has it. */
export interface ControlledRange {
  readonly range: string;
  readonly source: 'None' | 'Disk' | 'Live';
  readonly isConnected: boolean;
  readonly isCurrent: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly count: number;
  readonly rejectedCount: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** SOCKS5 and CONNECT on one listener, users from the state service alone. */
function configOf(options: ControlledProxyOptions): string {
  const { name, natsUrls, startTimeout = '30s' } = options;
  const stateDirectory = stateDirectoryOf(options);
  const servers = natsUrls.map((url) => JSON.stringify(url)).join(', ');
  const disk = stateDirectory === null ? '' : `, stateDirectory: ${JSON.stringify(stateDirectory)}`;
  return buildConfig({
    top: `log: { access: false }\ncontrol: { name: ${name}, ranges: [Users], startTimeout: ${startTimeout}, nats: { servers: [${servers}] }${disk} }`,
    listener: 'detect: { timeout: 20s }, timeouts: { drain: 2s }',
    routes: [
      'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
      'name: connect, match: { protocol: HTTP }, action: ForwardProxy',
    ],
  });
}

function stateDirectoryOf({ directory, stateDirectory }: ControlledProxyOptions): string | null {
  return stateDirectory === undefined ? join(directory, 'state') : stateDirectory;
}

export class ControlledProxy {
  readonly #scope: CleanupScope;
  readonly #options: ControlledProxyOptions;
  #process: SluiceProcess | null = null;

  constructor(scope: CleanupScope, options: ControlledProxyOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Of its last good table; null: it keeps none. */
  get stateDirectory(): string | null {
    return stateDirectoryOf(this.#options);
  }

  get process(): SluiceProcess {
    if (this.#process === null) throw new Error(`${this.#options.name} has not been started`);
    return this.#process;
  }

  /** Where it listens now: another port after each start. */
  get edge(): Address {
    return this.process.address('edge');
  }

  /** Starts it; resolves when it is ready, or (`not ready`) when it serves without what it has waited for. */
  async start(until: 'ready' | 'not ready' = 'ready'): Promise<void> {
    const { directory, startTimeoutMs = 20_000 } = this.#options;
    await mkdir(directory, { recursive: true });
    const configPath = join(directory, 'sluice.yaml');
    await writeFile(configPath, configOf(this.#options));
    this.#process = await startSluice(this.#scope, { config: '', configPath, startsWith: until, startTimeoutMs });
  }

  /** SIGKILL: nothing is written any more. */
  async kill(): Promise<void> {
    await this.process.destroy();
  }

  /** What is in force of the users. */
  async users(): Promise<ControlledRange> {
    const answer = await this.process.fetchAdmin('/v1/control');
    const { ranges } = (await answer.json()) as { readonly ranges: readonly ControlledRange[] };
    const found = ranges.find(({ range }) => range === 'users');
    if (found === undefined) throw new Error(`${this.#options.name} has no range users`);
    return found;
  }

  async readiness(): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await this.process.fetchAdmin('/readyz');
    return { status: answer.status, text: await answer.text() };
  }
}
