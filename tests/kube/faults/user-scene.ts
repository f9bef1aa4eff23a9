/** A scene with users: a state service on a real Postgres, whose NATS the operator publishes to as well. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { type FaultScene, openBareScene, stepTimeoutMs } from './fault-scene.ts';

const argon2id = createCheapVerifier('correct horse');

interface UserObject {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

export class UserScene {
  readonly fault: FaultScene;
  readonly plane: ControlPlane;
  readonly #keyFile: string;

  constructor(fault: FaultScene, plane: ControlPlane, keyFile: string) {
    this.fault = fault;
    this.plane = plane;
    this.#keyFile = keyFile;
  }

  get service(): ProgramProcess {
    const [first] = this.plane.services;
    if (first === undefined) throw new Error('a control plane has a state service');
    return first.process;
  }

  async planOperatorAs(user: string, args: readonly string[] = []): Promise<ProgramProcess> {
    const url = this.plane.services[0]?.url ?? '';
    return await this.fault.planOperatorAs(user, ['--state-url', url, '--state-key-file', this.#keyFile, ...args]);
  }

  /** Users have one set of names for a whole state service, which is this scene's alone. */
  async applyUser(name: string, more: object = {}): Promise<void> {
    await this.fault.apply('ProxyUser', 'proxyusers', name, { password: { argon2id }, ...more });
  }

  /** A condition of the object as it is now; `True Ready`. */
  async untilUser(name: string, type: string, expected: string): Promise<void> {
    await eventually(
      async () => {
        const object = (await this.fault.api.client.call(
          this.fault.pathOf('proxyusers', name),
        )) as unknown as UserObject;
        assert.equal(object.status?.observedGeneration, object.metadata.generation, name);
        const found = object.status.conditions?.find((one) => one.type === type);
        assert.equal(`${found?.status} ${found?.reason}`, expected, `${type} of ${name}`);
      },
      { timeoutMs: stepTimeoutMs, intervalMs: 100 },
    );
  }

  /** A field of the user as the state service has it; null: there is no such user. */
  async kept(name: string): Promise<Readonly<Record<string, unknown>> | null> {
    const { status, body } = await this.plane.client.ask({ method: 'GET', path: `/v1/users/${name}/spec` });
    if (status === 404) return null;
    assert.equal(status, 200);
    return body as Readonly<Record<string, unknown>>;
  }
}

/** Without an operator yet. */
export async function openUserScene(scope: CleanupScope, api: KubeApi): Promise<UserScene> {
  const plane = await startControlPlane(scope);
  const fault = await openBareScene(scope, api, plane.nats);
  fault.startReplica(['routing', 'users']);
  const made = await plane.client.ask({
    method: 'POST',
    path: '/v1/api-keys',
    body: { client: 'operator', scopes: ['users:write', 'credentials:write', 'acl:write'] },
  });
  const keyFile = join(plane.directory, 'operator-key');
  await writeFile(keyFile, (made.body as { readonly key: string }).key);
  return new UserScene(fault, plane, keyFile);
}
