/** The namespace goes, with all objects and the Lease in it, while the operator is at work on them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { stepTimeoutMs, whyNoFaultScene } from './fault-scene.ts';
import { openUserScene } from './user-scene.ts';

const skip = await whyNoFaultScene();
const users = ['alice', 'bob', 'carol'];

describe('a namespace that is deleted while the operator works', { skip }, () => {
  it('is gone soon, and so is what its objects had made elsewhere', async (t) => {
    const api = await sharedKubeApi();
    const scene = await openUserScene(t, api);
    const { fault } = scene;
    const user = `deleted-${fault.namespace}`;
    const operator = await scene.planOperatorAs(user);
    await operator.start();
    await fault.begin();
    for (const name of users) await scene.applyUser(name);
    await fault.untilBegun();
    for (const name of users) await scene.untilUser(name, 'Ready', 'True Ready');
    assert.equal((await fault.published()).length, 4);

    // In the middle of changes: of these, nobody may want to know any more.
    await fault.change();
    for (const name of users) await scene.applyUser(name, { quota: { connections: 3 } });
    await api.client.call(`/api/v1/namespaces/${fault.namespace}`, { method: 'DELETE' });
    await eventually(
      async () => assert.equal((await api.client.send(`/api/v1/namespaces/${fault.namespace}`)).status, 404),
      { timeoutMs: stepTimeoutMs, intervalMs: 100 },
    );
    await eventually(async () => assert.deepEqual(await fault.published(), []), { timeoutMs: stepTimeoutMs });
    for (const name of users) assert.equal(await scene.kept(name), null, name);

    // Without a Lease there is no leader; the process stands by, and does not ask for one in a storm.
    assert.equal(operator.isRunning, true);
    const asked = async (): Promise<number> => (await api.auditLog(({ user: by }) => by.username === user)).length;
    const before = await asked();
    await fault.assertQuiet(user);
    assert.ok((await asked()) - before < 40, `${(await asked()) - before} requests in fifteen seconds`);
  });
});
