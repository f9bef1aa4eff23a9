/**
 * A real nats-server with JetStream for one test: alone, or three of them as a cluster. Ports and stores survive a kill, so
 * that clients meet the same server again; `wipe` brings it back with nothing in it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { eventually } from './eventually.ts';
import { findNatsServer } from './find-nats-server.ts';
import { findLoopbackPorts } from './loopback-ports.ts';
import { NatsProcess, type NatsProcessPlace } from './nats-process.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

export interface NatsServerOptions {
  /** Appended to the configuration: accounts, users, TLS. */
  readonly config?: string;
  /** An address that a certificate can name; else one of its own. */
  readonly host?: string;
}

export interface NatsServer {
  readonly name: string;
  /** `nats://127.1.2.3:21234` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  pid(): number | undefined;
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Kills it if it runs, and starts it on the same ports and store; resolves when it serves. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Kills it, deletes the store and starts it. */
  wipe(): Promise<void>;
  /** Where its configuration is, and files that it includes. */
  readonly directory: string;
  /** Replaces the configuration that was appended and makes the server read it. */
  reconfigure(config: string): Promise<void>;
  monitor(path: string): Promise<unknown>;
  log(): Promise<string>;
}

export interface NatsCluster {
  readonly urls: readonly string[];
  readonly nodes: readonly NatsServer[];
}

const clusterSize = 3;
const bindAttempts = 5;

interface NodePlan extends NatsProcessPlace {
  readonly name: string;
  /** What goes between the node's own part and the caller's. */
  readonly clusterConfig: string;
}

async function writeServerConfig(plan: NodePlan, config: string): Promise<void> {
  const lines = [
    `server_name: ${plan.name}`,
    `listen: "${plan.host}:${plan.port}"`,
    `http: "${plan.host}:${plan.monitorPort}"`,
    `jetstream { store_dir: "${join(plan.directory, 'store')}", max_mem: 256MB, max_file: 4GB }`,
    plan.clusterConfig,
    config,
  ];
  await writeFile(join(plan.directory, 'server.conf'), `${lines.join('\n')}\n`);
}

function serverOf(plan: NodePlan, server: NatsProcess): NatsServer {
  const restart = async (): Promise<void> => {
    await server.kill();
    server.start();
    await server.waitUntilReady();
  };
  return {
    name: plan.name,
    url: `nats://${plan.host}:${plan.port}`,
    host: plan.host,
    port: plan.port,
    directory: plan.directory,
    pid: () => server.pid,
    kill: () => server.kill(),
    restart,
    pause: () => server.pause(),
    resume: () => server.resume(),
    wipe: async () => {
      await server.kill();
      await server.deleteStore();
      await restart();
    },
    reconfigure: async (config) => {
      await writeServerConfig(plan, config);
      server.reload();
    },
    monitor: (path) => server.monitor(path),
    log: () => server.log(),
  };
}

async function openNode(scope: CleanupScope, plan: NodePlan, options: NatsServerOptions): Promise<NatsProcess> {
  await mkdir(plan.directory, { recursive: true });
  await writeServerConfig(plan, options.config ?? '');
  const server = new NatsProcess(plan);
  scope.after(() => server.kill());
  server.start();
  return server;
}

async function findProgram(): Promise<string> {
  const found = await findNatsServer();
  if ('missing' in found) throw new Error(found.missing);
  return found.path;
}

/** Calls `start` again with other ports when somebody took one between finding it free and binding it. */
async function retryWhenTaken<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('address already in use');
      if (!isTaken || attempt === bindAttempts) throw error;
    }
  }
}

/** Starts one server; resolves when it serves. Ask `whyNoNatsServer` first whether there is one. */
export async function startNatsServer(scope: CleanupScope, options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = await findProgram();
  const base = await createTemporaryDirectory(scope);
  return await retryWhenTaken(async () => {
    const { host, ports } = await findLoopbackPorts(2, options.host);
    const [port = 0, monitorPort = 0] = ports;
    const directory = join(base, String(port));
    const plan = { program, directory, host, port, monitorPort, name: 'n1', clusterConfig: '' };
    const server = await openNode(scope, plan, options);
    await server.waitUntilReady();
    return serverOf(plan, server);
  });
}

function planCluster(program: string, base: string, host: string, ports: readonly number[]): NodePlan[] {
  const routePorts = ports.slice(0, clusterSize);
  const routes = routePorts.map((port) => `nats://${host}:${port}`).join(', ');
  return routePorts.map((routePort, index) => ({
    program,
    directory: join(base, `${routePort}`),
    host,
    port: ports[clusterSize + index] ?? 0,
    monitorPort: ports[2 * clusterSize + index] ?? 0,
    name: `n${index + 1}`,
    clusterConfig: `cluster { name: sluice, listen: "${host}:${routePort}", routes: [${routes}] }`,
  }));
}

interface MetaState {
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
  };
}

/** Every node knows the leader, and the leader both others: from then on a bucket of three replicas can be made. */
async function waitForCluster(nodes: readonly NatsProcess[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.waitUntilReady()));
  await eventually(
    async () => {
      const states = (await Promise.all(nodes.map((node) => node.monitor('/jsz')))) as MetaState[];
      const replicas = states.flatMap((state) => state.meta_cluster?.replicas ?? []);
      const current = replicas.filter((replica) => replica.current && replica.offline !== true);
      if (current.length < clusterSize - 1) throw new Error(`the cluster is not whole: ${JSON.stringify(states)}`);
    },
    { timeoutMs: 30_000 },
  );
}

/** Starts three servers that know each other; resolves when buckets with three replicas can be made. */
export async function startNatsCluster(scope: CleanupScope, options: NatsServerOptions = {}): Promise<NatsCluster> {
  const program = await findProgram();
  const base = await createTemporaryDirectory(scope);
  return await retryWhenTaken(async () => {
    const { host, ports } = await findLoopbackPorts(3 * clusterSize);
    const plans = planCluster(program, base, host, ports);
    const opened = await Promise.all(
      plans.map(async (plan) => ({ plan, server: await openNode(scope, plan, options) })),
    );
    await waitForCluster(opened.map(({ server }) => server));
    const nodes = opened.map(({ plan, server }) => serverOf(plan, server));
    return { nodes, urls: nodes.map((node) => node.url) };
  });
}
