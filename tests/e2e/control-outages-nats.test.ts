/**
 * NATS killed, stopped, wiped, and gone together with Postgres: traffic goes on, changes made meanwhile arrive afterwards, and no
 * revoked user comes back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { createLogin, everyProxy, expectPeace, expectUndisturbed, openControlScene, revoke } from './control-scene.ts';

const skip = await whyNoNatsServer();

async function expectDisconnected(proxies: readonly ControlledProxy[]): Promise<void> {
  for (const proxy of proxies) {
    await eventually(async () => assert.equal((await proxy.users()).isConnected, false), { timeoutMs: 30_000 });
    // Readiness never depends on NATS once something is in force.
    assert.equal((await proxy.readiness()).status, 200);
  }
}

test('NATS is killed twice and comes back: changes made meanwhile arrive', { skip }, async (t) => {
  const scene = await openControlScene(t);
  const { plane, proxies } = scene;
  for (const round of [1, 2]) {
    await createLogin(plane, `leaves-${round}`);
    await everyProxy(scene, `leaves-${round}`, 'Open');
    await plane.nats.kill();
    await expectDisconnected(proxies);
    await createLogin(plane, `comes-${round}`);
    await plane.client.deleteUser(`leaves-${round}`);
    await plane.nats.restart();
    await everyProxy(scene, `leaves-${round}`, 'Refused');
    scene.revoked.add(`leaves-${round}`);
    await everyProxy(scene, `comes-${round}`, 'Open');
  }
  await expectPeace(scene);
  await expectUndisturbed(scene);
});

test('the store of NATS is wiped: it is filled again from Postgres', { skip }, async (t) => {
  const scene = await openControlScene(t);
  const { plane, proxies } = scene;
  await createLogin(plane, 'before');
  await everyProxy(scene, 'before', 'Open');
  const [first] = proxies;
  const before = await first?.users();
  await plane.nats.wipe();
  await revoke(scene, 'before');
  await createLogin(plane, 'after');
  await everyProxy(scene, 'after', 'Open');
  await expectPeace(scene);
  const after = await first?.users();
  // A bucket made anew does not start counting anew: proxies would not believe it.
  assert.ok((after?.revision ?? 0) > (before?.revision ?? 0), `${before?.revision} before, ${after?.revision} after`);
  await expectUndisturbed(scene);
});

test('NATS and Postgres are killed together and come back one after the other', { skip }, async (t) => {
  const scene = await openControlScene(t, { postgres: { isDurable: true } });
  const { plane, proxies } = scene;
  await createLogin(plane, 'leaves');
  await everyProxy(scene, 'leaves', 'Open');
  await plane.client.deleteUser('leaves');
  await Promise.all([plane.nats.kill(), plane.postgres.kill()]);
  const refused = await plane.client.ask({ method: 'POST', path: '/v1/users', body: { name: 'never' } });
  assert.equal(refused.status, 503);
  await expectDisconnected(proxies);
  await plane.nats.restart();
  await plane.postgres.start();
  await everyProxy(scene, 'leaves', 'Refused');
  scene.revoked.add('leaves');
  await eventually(() => createLogin(plane, 'comes'), { timeoutMs: 20_000, intervalMs: 200 });
  await everyProxy(scene, 'comes', 'Open');
  await expectPeace(scene);
  await expectUndisturbed(scene);
});
