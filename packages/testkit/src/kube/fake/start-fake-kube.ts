/**
 * A Kubernetes API in memory for one test, on a port of its own: the built-in kinds that operators meet and whatever kinds the
 * test adds. It behaves as the real one where clients can tell (one contract suite runs against both), checks no schema and no
 * rights, and goes wrong on demand. `namespaces` that objects are created in must exist, as in a real one.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { CleanupScope } from '../../cleanup-scope.ts';
import { type OpenServer, openServer } from '../../open-server.ts';
import { createTemporaryDirectory } from '../../temporary-directory.ts';
import { KubeClient } from '../kube-client.ts';
import type { KubeObject } from '../kube-object.ts';
import type { FakeFaults } from './fake-faults.ts';
import { builtInResources, type FakeResource, namespaceResource, qualifiedName } from './fake-resource.ts';
import { FakeServer, type RecordedRequest } from './fake-server.ts';
import type { JsonObject } from './json-object.ts';

export interface FakeKubeOptions {
  /** Beside the built-in ones. */
  readonly resources?: readonly FakeResource[];
  /** Beside `default`. */
  readonly namespaces?: readonly string[];
  readonly now?: () => Date;
  /** A minute, as in a real one. */
  readonly bookmarkIntervalMs?: number;
}

const defaultBookmarkIntervalMs = 60_000;

export class FakeKube {
  readonly #scope: CleanupScope;
  readonly #fake: FakeServer;
  readonly kubeconfigPath: string;
  #open: OpenServer;
  /** Requests as the administrator: how a test plays everybody else. */
  readonly client: KubeClient;

  constructor(scope: CleanupScope, fake: FakeServer, open: OpenServer, kubeconfigPath: string) {
    this.#scope = scope;
    this.#fake = fake;
    this.#open = open;
    this.kubeconfigPath = kubeconfigPath;
    this.client = new KubeClient({ server: this.server });
  }

  /** `http://127.0.0.1:12345` */
  get server(): string {
    return `http://${this.#open.host}:${this.#open.port}`;
  }

  get faults(): FakeFaults {
    return this.#fake.faults;
  }

  /** What was asked about objects so far, oldest first. */
  requests(predicate?: (request: RecordedRequest) => boolean): readonly RecordedRequest[] {
    return this.#fake.requests(predicate);
  }

  /** The number of the last change. */
  get revision(): number {
    return this.#fake.log.revision;
  }

  /** All objects of a kind as they are, without a request. */
  objects(resource: FakeResource): readonly KubeObject[] {
    return this.#fake.log.list(qualifiedName(resource)).map(([, object]) => object as unknown as KubeObject);
  }

  /** Makes a namespace and returns its name. */
  async createNamespace(_scope?: CleanupScope): Promise<string> {
    const name = `test-${randomUUID().slice(0, 8)}`;
    await this.client.call('/api/v1/namespaces', { method: 'POST', body: { metadata: { name } } });
    return name;
  }

  get openWatches(): number {
    return this.#fake.openWatches;
  }

  /** Ends all watches: in order, or cut. */
  closeWatches({ isAbrupt = false } = {}): void {
    this.#fake.closeWatches(isAbrupt);
  }

  /** Forgets the past: resource versions and continue tokens from before are answered with 410. */
  compact(): void {
    this.#fake.log.compact();
  }

  /** Requests are accepted and not answered until `resume`. */
  pause(): void {
    this.#fake.pause();
  }

  resume(): void {
    this.#fake.resume();
  }

  /** Cuts every connection and refuses new ones; the objects stay. */
  async stop(): Promise<void> {
    await this.#open.close();
  }

  /** After `stop`, on the same port. */
  async start(): Promise<void> {
    this.#open = await listen(this.#scope, this.#fake.createHttpServer(), this.#open.port);
  }
}

async function listen(scope: CleanupScope, server: Server, port: number): Promise<OpenServer> {
  return await openServer(scope, server, { port });
}

function kubeconfigOf(server: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server } }],
    users: [{ name: 'fake', user: { token: 'any' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
  };
}

/** Resolves when it serves, with its namespaces in it. */
export async function startFakeKube(scope: CleanupScope, options: FakeKubeOptions = {}): Promise<FakeKube> {
  const fake = new FakeServer({
    resources: [...builtInResources, ...(options.resources ?? [])],
    now: options.now ?? (() => new Date()),
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? defaultBookmarkIntervalMs,
  });
  const open = await listen(scope, fake.createHttpServer(), 0);
  scope.after(() => fake.closeWatches(true));
  const kubeconfigPath = join(await createTemporaryDirectory(scope), 'kubeconfig');
  const kube = new FakeKube(scope, fake, open, kubeconfigPath);
  await writeFile(kubeconfigPath, JSON.stringify(kubeconfigOf(kube.server)));
  for (const name of ['default', ...(options.namespaces ?? [])]) {
    const body = { metadata: { name } };
    await kube.client.call(`/api/v1/${namespaceResource.plural}`, { method: 'POST', body });
  }
  return kube;
}
