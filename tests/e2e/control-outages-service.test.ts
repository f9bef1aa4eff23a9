/**
 * The state service killed in the middle of changes, and two of them on one Postgres: one publishes, the other takes over when
 * that one dies or stands still.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlPlane, StateServiceOfPlane } from '@sluice/testkit/control-plane.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { UserLedger } from '@sluice/testkit/user-ledger.ts';
import { readUsersInPostgres } from '@sluice/testkit/users-in-postgres.ts';
import { createLogin, everyProxy, expectPeace, expectUndisturbed, openControlScene, revoke } from './control-scene.ts';

const skip = await whyNoNatsServer();
const takeoverMs = 30_000;

async function untilAcknowledged(ledger: UserLedger, more: number): Promise<void> {
  const enough = ledger.acknowledged + more;
  await eventually(() => assert.ok(ledger.acknowledged >= enough), { timeoutMs: 30_000 });
}

test('the state service is killed three times in the middle of changes', { skip }, async (t) => {
  const scene = await openControlScene(t);
  const { plane } = scene;
  const [service] = plane.services;
  assert.ok(service !== undefined);
  const ledger = new UserLedger(t, { clients: [plane.client] });
  for (let kill = 0; kill < 3; kill += 1) {
    await untilAcknowledged(ledger, 60);
    await service.process.kill();
    await service.process.start();
  }
  await untilAcknowledged(ledger, 20);
  await ledger.stop();
  assert.ok(ledger.refused >= 3, `${ledger.refused} refusals: the kills were not noticed`);
  await expectPeace(scene);
  const { names } = await readUsersInPostgres(plane.postgres, plane.database);
  assert.deepEqual(ledger.compare(names), []);
  await expectUndisturbed(scene);
});

interface Roles {
  readonly leader: StateServiceOfPlane;
  readonly other: StateServiceOfPlane;
}

/** Who has last said that it publishes. */
function rolesIn({ services }: ControlPlane): Roles {
  const [first, second] = services;
  assert.ok(first !== undefined && second !== undefined);
  const isLeader = isPublishing(first);
  assert.notEqual(isPublishing(second), isLeader, 'one of the two publishes');
  return isLeader ? { leader: first, other: second } : { leader: second, other: first };
}

function isPublishing({ process }: StateServiceOfPlane): boolean {
  const last = process.logs(({ msg }) => String(msg).startsWith('publishing users')).at(-1);
  return last?.['msg'] === 'publishing users';
}

test('of two state services the second publishes within seconds when the first is killed', { skip }, async (t) => {
  const scene = await openControlScene(t, { services: 2 });
  const { plane } = scene;
  const { leader, other } = rolesIn(plane);
  const ledger = new UserLedger(t, { clients: plane.services.map(({ client }) => client) });
  await untilAcknowledged(ledger, 60);
  await leader.process.kill();
  await eventually(() => assert.ok(isPublishing(other)), { timeoutMs: takeoverMs });
  await untilAcknowledged(ledger, 20);
  await ledger.stop();
  const viaOther = { ...scene, plane: { ...plane, client: other.client } };
  await createLogin(viaOther.plane, 'comes');
  await everyProxy(scene, 'comes', 'Open');
  await revoke(viaOther, 'comes');
  await leader.process.start();
  await expectPeace(scene);
  const { names } = await readUsersInPostgres(plane.postgres, plane.database);
  assert.deepEqual(ledger.compare(names), []);
  await expectUndisturbed(scene);
});

test('a publisher that stood still and wakes up does not undo what the second has published', { skip }, async (t) => {
  const scene = await openControlScene(t, { services: 2 });
  const { plane, proxies } = scene;
  const { leader, other } = rolesIn(plane);
  const viaOther = { ...scene, plane: { ...plane, client: other.client } };
  await createLogin(viaOther.plane, 'leaves');
  await everyProxy(scene, 'leaves', 'Open');
  const [before] = await Promise.all(proxies.map((proxy) => proxy.users()));
  leader.process.pause();
  // Postgres ends its connection after ten seconds of silence, and with it the right to publish.
  await eventually(() => assert.ok(isPublishing(other)), { timeoutMs: takeoverMs });
  await revoke(viaOther, 'leaves');
  leader.process.resume();
  await createLogin(viaOther.plane, 'comes');
  await everyProxy(scene, 'comes', 'Open');
  await expectPeace(scene);
  for (const proxy of proxies) assert.ok((await proxy.users()).epoch > (before?.epoch ?? 0));
  await expectUndisturbed(scene);
});
