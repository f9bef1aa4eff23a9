/**
 * Proxies that start while nothing they take their users from is there: from the last good table on disk, or closed. And a disk
 * that is full when that table is to be written.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { openSmallDisk } from '@sluice/testkit/small-disk.ts';
import {
  createLogin,
  everyProxy,
  expectPeace,
  expectUndisturbed,
  openControlScene,
  revoke,
  visit,
} from './control-scene.ts';

const skip = await whyNoNatsServer();
/** Tables are written two seconds apart, after a failure five; the machine may be busy. */
const writtenTimeoutMs = 40_000;

async function killAll({ nats, postgres, services }: ControlPlane): Promise<void> {
  await Promise.all([nats.kill(), postgres.kill(), ...services.map(({ process }) => process.kill())]);
}

async function startAll({ nats, postgres, services }: ControlPlane): Promise<void> {
  await Promise.all([nats.restart(), postgres.start()]);
  for (const { process } of services) await process.start();
}

function tableOf({ stateDirectory }: ControlledProxy): string {
  return join(stateDirectory ?? '', 'users.last-good');
}

/** The table on disk is of what is in force. */
async function untilWritten(proxy: ControlledProxy): Promise<void> {
  await eventually(
    async () => {
      const { digest } = await proxy.users();
      const [header = ''] = (await readFile(tableOf(proxy), 'utf8')).split('\n');
      assert.ok(header.includes(digest), `${header} is not of ${digest}`);
    },
    { timeoutMs: writtenTimeoutMs, intervalMs: 50 },
  );
}

test('without NATS, Postgres and state service a proxy starts from its last good table and serves', {
  skip,
}, async (t) => {
  const scene = await openControlScene(t, {
    proxies: ['one'],
    mortals: ['cold'],
    postgres: { isDurable: true },
  });
  const [proxy] = scene.mortals;
  assert.ok(proxy !== undefined);
  const both = { ...scene, proxies: [...scene.proxies, proxy] };
  await createLogin(scene.plane, 'stays');
  await createLogin(scene.plane, 'leaves');
  await everyProxy(both, 'stays', 'Open');
  await everyProxy(both, 'leaves', 'Open');
  await revoke(both, 'leaves');
  await untilWritten(proxy);
  await killAll(scene.plane);
  await proxy.kill();
  await proxy.start();
  const restored = await proxy.users();
  assert.deepEqual([restored.source, restored.isConnected], ['Disk', false]);
  assert.equal((await proxy.readiness()).status, 200);
  assert.equal(await visit(scene, proxy, 'stays'), 'Open');
  assert.equal(await visit(scene, proxy, 'leaves'), 'Refused');
  assert.equal(await visit(scene, proxy, 'gone'), 'Refused');
  await startAll(scene.plane);
  await createLogin(scene.plane, 'comes');
  await everyProxy(both, 'comes', 'Open');
  await expectPeace(both);
  await expectUndisturbed(scene);
});

test('with nothing on disk and nothing to ask, a proxy fails closed and says why, until it is told', {
  skip,
}, async (t) => {
  const scene = await openControlScene(t, { proxies: ['one'], postgres: { isDurable: true } });
  await killAll(scene.plane);
  const fresh = scene.plane.planProxy('fresh', { startTimeout: '500ms' });
  await fresh.start('not ready');
  const { status, text } = await fresh.readiness();
  assert.equal(status, 503);
  assert.match(text, /no users in force/u);
  assert.match(text, /NATS is not connected/u);
  assert.ok(text.includes(fresh.stateDirectory ?? ''), text);
  assert.equal(await visit(scene, fresh, 'steady'), 'Refused');
  await startAll(scene.plane);
  await eventually(async () => assert.equal((await fresh.readiness()).status, 200), { timeoutMs: 60_000 });
  assert.equal(await visit(scene, fresh, 'steady'), 'Open');
  assert.equal(await visit(scene, fresh, 'gone'), 'Refused');
  await expectPeace({ ...scene, proxies: [...scene.proxies, fresh] });
  await expectUndisturbed(scene);
});

async function fingerprint(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function failedWrites(proxy: ControlledProxy): Promise<number> {
  return (await proxy.process.metrics()).sum('sluice_config_events_total', {
    range: 'users',
    event: 'tablesNotSaved',
  });
}

test('a full disk: traffic goes on, the old table stays whole, it is said, and written once there is room', {
  skip,
}, async (t: TestContext) => {
  const disk = await openSmallDisk(t, 64);
  if (disk === null) return t.skip('mounting a small file system needs root');
  const scene = await openControlScene(t, { proxies: ['one'] });
  const proxy = await scene.plane.startProxy('full', { stateDirectory: disk.path });
  const both = { ...scene, proxies: [...scene.proxies, proxy] };
  await everyProxy(both, 'steady', 'Open');
  await untilWritten(proxy);
  const before = await fingerprint(tableOf(proxy));
  await disk.fill();
  await createLogin(scene.plane, 'comes');
  await everyProxy(both, 'comes', 'Open');
  const line = await proxy.process.waitForLog(({ msg }) => msg === 'last good configuration not saved', {
    timeoutMs: writtenTimeoutMs,
  });
  assert.match(String(line['reason']), /ENOSPC/u);
  assert.ok((await failedWrites(proxy)) >= 1);
  assert.equal(await fingerprint(tableOf(proxy)), before);
  await revoke(both, 'comes');
  assert.equal(await fingerprint(tableOf(proxy)), before);
  await disk.empty();
  await untilWritten(proxy);
  await scene.plane.nats.kill();
  await proxy.kill();
  await proxy.start();
  assert.equal((await proxy.users()).source, 'Disk');
  assert.equal(await visit(scene, proxy, 'steady'), 'Open');
  assert.equal(await visit(scene, proxy, 'comes'), 'Refused');
  await expectUndisturbed(scene);
});
