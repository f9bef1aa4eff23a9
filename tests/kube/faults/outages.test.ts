/** NATS and the state service go and come back, NATS also with nothing in it any more: what was changed meanwhile is made good. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { playUndisturbed, whyNoFaultScene } from './fault-scene.ts';
import { openUserScene } from './user-scene.ts';

const skip = await whyNoFaultScene();

describe('an operator without NATS, or without the state service', { skip }, () => {
  it('comes to the state of an undisturbed one when they are back', async (t) => {
    const api = await sharedKubeApi();
    const [wanted, scene] = await Promise.all([playUndisturbed(t, api), openUserScene(t, api)]);
    const { fault, plane, service } = scene;
    const user = `outages-${fault.namespace}`;
    const operator = await scene.planOperatorAs(user);
    await operator.start();
    await fault.begin();
    await scene.applyUser('alice');
    await Promise.all([fault.untilBegun(), scene.untilUser('alice', 'Ready', 'True Ready')]);

    await plane.nats.kill();
    await fault.change();
    await scene.applyUser('alice', { quota: { connections: 3 } });
    await eventually(async () => assert.notEqual((await scene.kept('alice'))?.['quota'], undefined));
    await plane.nats.restart();
    await Promise.all([fault.untilChanged(), scene.untilUser('alice', 'Ready', 'True Ready')]);

    await plane.nats.wipe();
    await Promise.all([fault.untilChanged(), scene.untilUser('alice', 'Ready', 'True Ready')]);

    await service.kill();
    await scene.applyUser('bob');
    await scene.untilUser('bob', 'Reconciling', 'True StateServiceUnavailable');
    await fault.finish();
    await fault.untilFinished();
    await service.start();
    await scene.untilUser('bob', 'Ready', 'True Ready');

    assert.deepEqual(await fault.state(), wanted);
    const kept = await Promise.all(['alice', 'bob'].map(async (name) => await scene.kept(name)));
    await fault.assertQuiet(user);
    assert.deepEqual(await Promise.all(['alice', 'bob'].map(async (name) => await scene.kept(name))), kept);
    const events = await fault.eventCount();
    assert.ok(events <= 16, `${events} events`);
  });
});
