/**
 * The place where everything runs: a network namespace, the origin in it, a cgroup for each part, a directory for each
 * contestant's files. It starts contestants and takes them down; what it opened, close() removes, also after a failure.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CpuGroup, createCpuGroup, wholeMachineUsageFile } from '../machine/cpu-group.ts';
import { MeasuredProcess, type Place } from '../machine/measured-process.ts';
import { createNetworkNamespace, type NetworkNamespace, publicOriginAddress } from '../machine/network-namespace.ts';
import type { Launch, OriginPorts, Peer } from '../peers/peer.ts';
import type { WatchedName } from './sample.ts';

const firstOriginPort = 9001;
const firstProxyPort = 7001;

export const originPorts: OriginPorts = {
  conn: firstOriginPort,
  source: firstOriginPort + 1,
  echo: firstOriginPort + 2,
  sink: firstOriginPort + 3,
};

export interface LaboratoryOptions {
  /** The directory of the built load generator and origin. */
  readonly toolsDirectory: string;
  /** PATH of what is started, the pinned Node first. */
  readonly path: string;
  readonly maxConnections: number;
}

export interface RunningContestant {
  readonly name: string;
  readonly port: number;
  readonly group: CpuGroup;
  stop(): Promise<void>;
}

export interface Laboratory {
  readonly loadGenerator: string;
  readonly clientPlace: Place;
  /** The kernel files to watch while this contestant is under load. */
  watchFiles(contestant: RunningContestant): Readonly<Record<WatchedName, string>>;
  /** The origin's address and port, as a forward proxy is asked for it. */
  forwardTarget(port: number): string;
  /** Fails with ProcessStartError when the peer does not come up. */
  start(peer: Peer): Promise<RunningContestant>;
  close(): Promise<void>;
}

class LocalLaboratory implements Laboratory {
  readonly #options: LaboratoryOptions;
  readonly #namespace: NetworkNamespace;
  readonly #directory: string;
  readonly #prefix: string;
  readonly #stack = new AsyncDisposableStack();
  #origin: MeasuredProcess | undefined;
  #clientGroup: CpuGroup | undefined;
  #started = 0;

  constructor(options: LaboratoryOptions, namespace: NetworkNamespace, directory: string, prefix: string) {
    this.#options = options;
    this.#namespace = namespace;
    this.#directory = directory;
    this.#prefix = prefix;
    this.#stack.defer(() => namespace.remove());
    this.#stack.defer(() => rm(directory, { recursive: true }));
  }

  get loadGenerator(): string {
    return join(this.#options.toolsDirectory, 'load-generator');
  }

  get clientPlace(): Place {
    if (this.#clientGroup === undefined) throw new TypeError('the laboratory is not open');
    return { group: this.#clientGroup, namespace: this.#namespace };
  }

  async open(): Promise<void> {
    const client = await createCpuGroup(`${this.#prefix}-client`);
    this.#stack.defer(() => client.remove());
    this.#clientGroup = client;
    const command = [join(this.#options.toolsDirectory, 'origin'), '--port', String(firstOriginPort)];
    this.#origin = await this.#startProcess(
      'origin',
      { command, files: {}, env: {}, readyTexts: [] },
      originPorts.sink,
    );
    const origin = this.#origin;
    this.#stack.defer(() => origin.stop());
  }

  watchFiles(contestant: RunningContestant): Readonly<Record<WatchedName, string>> {
    const originPid = this.#origin?.pid ?? 0;
    return {
      proxy: contestant.group.usageFile,
      client: this.clientPlace.group.usageFile,
      origin: this.#origin?.group.usageFile ?? '',
      all: wholeMachineUsageFile(),
      machine: '/proc/stat',
      tcp: `/proc/${originPid}/net/snmp`,
    };
  }

  forwardTarget(port: number): string {
    return `${publicOriginAddress}:${port}`;
  }

  async start(peer: Peer): Promise<RunningContestant> {
    const port = firstProxyPort + this.#started;
    this.#started += 1;
    const name = `${peer.name}-${this.#started}`;
    const directory = join(this.#directory, name);
    const { maxConnections } = this.#options;
    const launch = peer.launch({ directory, port, origin: originPorts, maxConnections });
    const running = await this.#startProcess(name, launch, port);
    return { name: peer.name, port, group: running.group, stop: () => running.stop() };
  }

  async close(): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #startProcess(name: string, launch: Launch, port: number): Promise<MeasuredProcess> {
    const directory = join(this.#directory, name);
    await mkdir(directory, { recursive: true });
    for (const [file, content] of Object.entries(launch.files)) await writeFile(join(directory, file), content);
    const group = await createCpuGroup(`${this.#prefix}-${name}`);
    const spec = {
      name,
      command: launch.command,
      env: { PATH: this.#options.path, ...launch.env },
      outputFile: join(directory, 'output.txt'),
    };
    const running = new MeasuredProcess(spec, { group, namespace: this.#namespace });
    try {
      await running.ready(port, launch.readyTexts);
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }
}

/** Sets everything up; fails with NoNamespaceError, NoCpuGroupError or ProcessStartError, leaving nothing behind. */
export async function openLaboratory(options: LaboratoryOptions): Promise<Laboratory> {
  const prefix = `sluice-bench-${process.pid}`;
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const namespace = await createNetworkNamespace(prefix);
  const laboratory = new LocalLaboratory(options, namespace, directory, prefix);
  try {
    await laboratory.open();
  } catch (error) {
    await laboratory.close();
    throw error;
  }
  return laboratory;
}
