/**
 * NATS stopped for half a minute (SIGSTOP): connections stay open and nothing answers, so that both sides have to find out by
 * themselves; puts that were on their way may be carried out when it wakes up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { createLogin, everyProxy, expectPeace, expectUndisturbed, openControlScene } from './control-scene.ts';

const skip = await whyNoNatsServer();
const stoppedMs = 30_000;

test('NATS stands still for thirty seconds while users come and go', { skip }, async (t) => {
  const scene = await openControlScene(t);
  const { plane, proxies } = scene;
  await createLogin(plane, 'leaves');
  await everyProxy(scene, 'leaves', 'Open');
  const stoppedAt = performance.now();
  plane.nats.pause();
  // On their way when nobody answers, and after the connection was given up.
  await plane.client.deleteUser('leaves');
  await createLogin(plane, 'comes-early');
  for (const proxy of proxies) {
    await eventually(async () => assert.equal((await proxy.users()).isConnected, false), { timeoutMs: 28_000 });
  }
  await createLogin(plane, 'comes-late');
  await plane.client.patchUser('comes-early', { onRevoke: 'Keep' });
  await pause(Math.max(0, stoppedMs - (performance.now() - stoppedAt)));
  plane.nats.resume();
  await everyProxy(scene, 'leaves', 'Refused');
  scene.revoked.add('leaves');
  await everyProxy(scene, 'comes-early', 'Open');
  await everyProxy(scene, 'comes-late', 'Open');
  await expectPeace(scene);
  await expectUndisturbed(scene);
});
