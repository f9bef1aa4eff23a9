/**
 * The network of a cluster, inside a network namespace that is the test's alone: a namespace with an address for each pod, on one
 * bridge, and the addresses of Services, each of which leads to a pod that takes the connection. Needs root in `openPodNetwork`.
 */
import { mkdir } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';

/** Of the bridge: behind all that the fake kubelet gives to pods. */
const gateway = '10.244.255.254';
const namespaceFolder = '/run/netns';

/** A port of a Service, and what is behind it, best first. */
export interface ServicePort {
  /** `10.96.0.1:443` */
  readonly address: string;
  readonly targets: readonly Target[];
}

interface Target {
  readonly host: string;
  readonly port: number;
}

async function ip(...args: readonly string[]): Promise<void> {
  const result = await runCommand('ip', args);
  if (result.code !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr}`);
}

export class PodNetwork {
  readonly #scope: CleanupScope;
  readonly #hosts = new Set<string>();
  readonly #servers = new Map<string, Server>();
  #ports: ReadonlyMap<string, ServicePort> = new Map();
  #count = 0;

  constructor(scope: CleanupScope) {
    this.#scope = scope;
  }

  /** A namespace with the pod's address and host name; what is to be put before a command that runs in it. */
  async addPod(name: string, address: string): Promise<readonly string[]> {
    this.#count += 1;
    const wire = `pod${this.#count}`;
    await ip('netns', 'add', wire);
    await ip('link', 'add', wire, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', wire);
    await ip('link', 'set', wire, 'master', 'pods', 'up');
    await ip('-n', wire, 'address', 'add', `${address}/16`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) await ip('-n', wire, 'link', 'set', device, 'up');
    await ip('-n', wire, 'route', 'add', 'default', 'via', gateway);
    const enter = ['ip', 'netns', 'exec', wire, 'unshare', '--uts'];
    return [...enter, 'sh', '-c', 'hostname "$0" && exec "$@"', name];
  }

  /** Gives an address to the place where everything that is no pod runs. */
  async addHost(address: string): Promise<void> {
    if (this.#hosts.has(address)) return;
    this.#hosts.add(address);
    await ip('address', 'add', `${address}/32`, 'dev', 'lo');
  }

  /** Opens what is new; what is gone keeps its address and has no targets. */
  async serve(ports: readonly ServicePort[]): Promise<void> {
    this.#ports = new Map(ports.map((port) => [port.address, port]));
    for (const { address } of ports) {
      if (this.#servers.has(address)) continue;
      const [host = '', port = ''] = address.split(':');
      await this.addHost(host);
      const server = createServer((client) => void this.#forward(address, client));
      this.#servers.set(address, server);
      this.#scope.after(() => void server.close());
      await new Promise<void>((resolve, reject) => {
        server.on('error', reject);
        server.listen(Number(port), host, resolve);
      });
    }
  }

  async #forward(address: string, client: Socket): Promise<void> {
    client.on('error', () => client.destroy());
    for (const target of this.#ports.get(address)?.targets ?? []) {
      const upstream = await dial(target);
      if (upstream === null) continue;
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      client.pipe(upstream).pipe(client);
      return;
    }
    client.destroy();
  }
}

/** null: nobody takes the connection. */
export async function dial({ host, port }: Target): Promise<Socket | null> {
  const socket = connect({ host, port, timeout: 2_000 });
  return await new Promise((resolve) => {
    const fail = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.once('timeout', fail).once('error', fail);
    socket.once('connect', () => {
      socket.setTimeout(0).off('timeout', fail).off('error', fail);
      resolve(socket);
    });
  });
}

/** In namespaces of network and mounts that end with the process. */
export async function openPodNetwork(scope: CleanupScope): Promise<PodNetwork> {
  await mkdir(namespaceFolder, { recursive: true });
  const mounted = await runCommand('mount', ['-t', 'tmpfs', 'tmpfs', namespaceFolder]);
  if (mounted.code !== 0) throw new Error(mounted.stderr);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'pods', 'type', 'bridge');
  await ip('address', 'add', `${gateway}/16`, 'dev', 'pods');
  await ip('link', 'set', 'pods', 'up');
  return new PodNetwork(scope);
}
