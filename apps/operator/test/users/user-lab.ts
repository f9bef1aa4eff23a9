/**
 * The operator in this process against the API in memory and a control plane that is real: Postgres, NATS and the state service as
 * processes of their own, and replicas of the users' range that stand for proxies.
 */
import { randomUUID } from 'node:crypto';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import { createReplica } from '@sluice/live-config/replica/replica.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { customResource } from '@sluice/testkit/kube/fake/fake-resource.ts';
import { type FakeKube, startFakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import type { StateAnswer } from '@sluice/testkit/state-client.ts';
import type { Operator } from '../../src/process/operator.ts';
import { createHttpStateApi } from '../../src/users/http-state-api.ts';
import {
  grantResource,
  homeNamespace,
  listenerResource,
  OperatorLab,
  routeResource,
  type StatusView,
} from '../operator-lab.ts';

export const userResource = customResource(
  { group: 'sluice.dev', version: 'v1alpha1', plural: 'proxyusers', kind: 'ProxyUser' },
  { lists: { 'status.conditions': { kind: 'Map', keys: ['type'] }, 'metadata.finalizers': { kind: 'Set' } } },
);
const owner = 'kubernetes';
const secretResource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };

export interface UserLabOptions {
  readonly releaseMs?: number;
}

/** A user as the state service has it; null: it has none. */
export interface KeptUser {
  readonly version: number;
  readonly generation: number;
  readonly enabled: boolean;
  readonly managedBy?: string;
  readonly isEdited: boolean;
  readonly credentials: readonly { readonly id: string; readonly kind: string }[];
  readonly rules: readonly object[];
}

export class UserLab {
  readonly #scope: CleanupScope;
  readonly objects: OperatorLab;
  readonly plane: ControlPlane;
  /** What every proxy has in force, by bus key. */
  readonly specs = new Map<string, ResourceSpec>();
  readonly #key: string;

  constructor(scope: CleanupScope, kube: FakeKube, plane: ControlPlane, key: string) {
    this.#scope = scope;
    this.objects = new OperatorLab(scope, kube);
    this.plane = plane;
    this.#key = key;
  }

  get kube(): FakeKube {
    return this.objects.kube;
  }

  startProxy(name: string): void {
    const bus = createNatsBus(
      { servers: [this.plane.nats.url], clientName: name, inbox: name },
      { random: Math.random },
    );
    const replica = createReplica(
      { proxy: name, instance: randomUUID(), ranges: ['users'] },
      {
        bus,
        apply: ({ isWhole, changes }) => {
          if (isWhole) this.specs.clear();
          for (const { key, spec } of changes) {
            if (spec === null) this.specs.delete(key);
            else this.specs.set(key, spec);
          }
          return Promise.resolve({ rejected: [] });
        },
        nowMs: () => Date.now(),
        random: Math.random,
        onEvent: () => {},
      },
    );
    this.#scope.after(async () => {
      await replica.close();
      await bus.close();
    });
  }

  /** Resolves when it has listed every object. */
  async startOperator({ releaseMs = 600_000 }: UserLabOptions = {}): Promise<Operator> {
    const { url = '' } = this.plane.services[0] ?? {};
    const state = createHttpStateApi({ url: new URL(url), ca: null, readKey: () => Promise.resolve(this.#key) });
    const operator = await this.objects.startOperator({ users: { owner, releaseMs } }, state);
    await operator.synced;
    return operator;
  }

  async apply(name: string, spec: object, namespace = 'default'): Promise<void> {
    await this.objects.put(userResource, name, { onRevoke: 'Keep', ...spec }, namespace);
  }

  async annotate(name: string, annotations: Readonly<Record<string, string>>, namespace = 'default'): Promise<void> {
    const path = `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/proxyusers/${name}`;
    const contentType = 'application/merge-patch+json';
    await this.kube.client.call(path, { method: 'PATCH', body: { metadata: { annotations } }, contentType });
  }

  async delete(name: string, namespace = 'default'): Promise<void> {
    await this.objects.delete(userResource, name, namespace);
  }

  /** Creates it, or replaces what it holds. */
  async setSecret(name: string, data: Readonly<Record<string, string>>, namespace = 'default'): Promise<void> {
    const encoded: Record<string, string> = {};
    for (const [key, text] of Object.entries(data)) encoded[key] = Buffer.from(text).toString('base64');
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const body = {
      ...secretResource,
      apiVersion: 'v1',
      metadata: { name, namespace },
      data: encoded,
    };
    const found = await this.kube.client.send(`${path}/${name}`);
    if (found.status === 404) await this.kube.client.call(path, { method: 'POST', body });
    else await this.kube.client.call(`${path}/${name}`, { method: 'PUT', body });
  }

  /** null: there is no such object. */
  async object(name: string, namespace = 'default'): Promise<Readonly<Record<string, unknown>> | null> {
    const path = `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/proxyusers/${name}`;
    const { status, body } = await this.kube.client.send(path);
    return status === 404 ? null : body;
  }

  async until(name: string, type: string, expected: string, namespace = 'default'): Promise<StatusView> {
    const read = (): Promise<StatusView> => this.objects.status(userResource, name, namespace);
    return await this.objects.untilCondition(read, type, expected, { timeoutMs: 30_000 });
  }

  async untilGone(name: string, namespace = 'default'): Promise<void> {
    await eventually(async () => {
      if ((await this.object(name, namespace)) !== null) throw new Error(`${name} is still there`);
    });
  }

  async ask(method: 'GET' | 'PATCH' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<StateAnswer> {
    const more = body === undefined ? {} : { body };
    return await this.plane.client.ask({ method, path, ifMatch: '*', ...more });
  }

  async kept(name: string): Promise<KeptUser | null> {
    const { status, body } = await this.ask('GET', `/v1/users/${name}/spec`);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the state service answered ${status}`);
    return body as KeptUser;
  }

  /** Resolves when the operator has listed all users so many times more. */
  async lists(count: number): Promise<void> {
    const service = this.plane.services[0]?.process;
    const seen = (): number => service?.logs(({ route }) => route === '/v1/rollouts').length ?? 0;
    const before = seen();
    await eventually(() => {
      if (seen() < before + count) throw new Error('the operator has not listed the users again');
    });
  }

  /** Lines of the log with this text. */
  logged(msg: string): number {
    return this.objects.lines.filter((line) => line.msg === msg).length;
  }
}

/** Ask `whyNoNatsServer` first. */
export async function startUserLab(scope: CleanupScope): Promise<UserLab> {
  const resources = [routeResource, listenerResource, grantResource, userResource];
  const [kube, plane] = await Promise.all([
    startFakeKube(scope, { resources, namespaces: [homeNamespace] }),
    startControlPlane(scope),
  ]);
  const made = await plane.client.ask({
    method: 'POST',
    path: '/v1/api-keys',
    body: { client: 'operator', scopes: ['users:write', 'credentials:write', 'acl:write'] },
  });
  return new UserLab(scope, kube, plane, (made.body as { readonly key: string }).key);
}
