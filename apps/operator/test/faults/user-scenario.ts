/** What users of the API do with ProxyUsers in the tests of crashes, and the state that it must come to. Many such stories share one control plane. */
import assert from 'node:assert/strict';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import type { ControlPlane } from '@sluice/testkit/control-plane.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { KubeObject } from '@sluice/testkit/kube/kube-object.ts';
import type { OperatorLab, StatusView } from '../operator-lab.ts';
import { userResource } from '../users/user-lab.ts';
import type { CrashRun } from './crash-run.ts';

const settleTimeoutMs = 60_000;
const argon2id = createCheapVerifier('correct horse');
/** What another run has otherwise, though it went the same way. */
const passing: ReadonlySet<string> = new Set([
  ...['lastTransitionTime', 'publishedGeneration', 'managedRevision', 'resourceVersion', 'uid', 'id', 'version'],
  ...['generation', 'createdAt', 'updatedAt', 'time', 'managedFields', 'creationTimestamp', 'hash', 'argon2id'],
]);

export class UserStory {
  readonly #run: CrashRun;
  readonly #plane: ControlPlane;
  /** What the names of its users begin with. */
  readonly #prefix: string;

  constructor(run: CrashRun, plane: ControlPlane, prefix: string) {
    this.#run = run;
    this.#plane = plane;
    this.#prefix = prefix;
  }

  async play(): Promise<void> {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pw' }, data: { password: 'aHVudGVyMg==' } };
    await this.#lab.kube.client.call('/api/v1/namespaces/default/secrets', { method: 'POST', body: secret });
    await this.#apply('plain', { password: { argon2id } });
    await this.#apply('secret', { password: { secretRef: { name: 'pw', key: 'password' } } });
    await this.#apply('stays', { password: { argon2id } }, { 'sluice.dev/deletion-policy': 'Retain' });
    await this.#untilReady('plain', 'secret', 'stays');
    await this.#apply('plain', { password: { argon2id }, quota: { connections: 3 } });
    await this.#untilReady('plain', 'secret', 'stays');
    for (const name of ['secret', 'stays']) await this.#lab.delete(userResource, this.#name(name));
    await this.#untilReady('plain');
  }

  /** All that outlives an operator: objects with their finalizers and statuses, and users of the state service. */
  async state(): Promise<unknown> {
    const users = await Promise.all(['plain', 'secret', 'stays'].map(async (name) => await this.#kept(name)));
    const text = JSON.stringify({ objects: this.#objects(), users }, (key, value: unknown) =>
      passing.has(key) ? undefined : value,
    );
    return JSON.parse(text.replaceAll(this.#prefix, 'RUN')) as unknown;
  }

  /** What was done to users, in order of their names. */
  userWrites(): readonly string[] {
    return this.#run.userWrites().map((write) => this.#withoutPrefix(write));
  }

  /** The same, without what was done once more than `wanted` because a crash had cut it short. */
  userWritesLike(wanted: readonly string[]): readonly string[] {
    const writes = [...this.userWrites()];
    const countIn = (list: readonly string[], write: string): number => list.filter((other) => other === write).length;
    for (const write of this.#run.switch.cutShort.map((cut) => this.#withoutPrefix(cut)))
      if (countIn(writes, write) > countIn(wanted, write)) writes.splice(writes.indexOf(write), 1);
    return writes;
  }

  #withoutPrefix(text: string): string {
    return text.replaceAll(this.#prefix, 'RUN');
  }

  get #lab(): OperatorLab {
    return this.#run.lab;
  }

  #name(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #objects(): readonly KubeObject[] {
    return this.#lab.kube.objects(userResource);
  }

  async #apply(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const found = this.#objects().find(({ metadata }) => metadata.name === this.#name(name));
    if (found !== undefined) {
      await this.#lab.put(userResource, this.#name(name), { onRevoke: 'Keep', ...spec });
      return;
    }
    const identity = { apiVersion: 'sluice.dev/v1alpha1', kind: 'ProxyUser' };
    const metadata = { name: this.#name(name), namespace: 'default', annotations };
    await this.#lab.create(userResource, { ...identity, metadata, spec: { onRevoke: 'Keep', ...spec } });
  }

  /** These are in force and shown to be so, and there are no others. */
  async #untilReady(...names: readonly string[]): Promise<void> {
    await eventually(
      () => {
        const objects = this.#objects();
        assert.deepEqual(
          objects.map(({ metadata }) => metadata.name).toSorted(),
          names.map((name) => this.#name(name)).toSorted(),
        );
        for (const { metadata, status } of objects as readonly (KubeObject & { readonly status?: StatusView })[]) {
          assert.equal(status?.observedGeneration, metadata.generation, metadata.name);
          const ready = status?.conditions?.find(({ type }) => type === 'Ready');
          assert.equal(ready?.status, 'True', `${metadata.name}: ${ready?.reason}`);
        }
      },
      { timeoutMs: settleTimeoutMs, intervalMs: 50 },
    );
    await this.#run.settled();
  }

  /** null: there is no such user. */
  async #kept(name: string): Promise<unknown> {
    const { status, body } = await this.#plane.client.ask({
      method: 'GET',
      path: `/v1/users/${this.#name(name)}/spec`,
    });
    if (status === 404) return null;
    assert.equal(status, 200);
    return body;
  }
}
