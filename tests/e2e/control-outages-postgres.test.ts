/**
 * Postgres killed again and again under writes by REST: what was acknowledged is in it, what was deleted is not, and every proxy has
 * exactly what it has. Killed a hundred times it is in the state service's own tests.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { UserLedger } from '@sluice/testkit/user-ledger.ts';
import { readUsersInPostgres } from '@sluice/testkit/users-in-postgres.ts';
import { expectPeace, expectUndisturbed, openControlScene } from './control-scene.ts';

const skip = await whyNoNatsServer();
const kills = 10;
const writesBetweenKills = 25;

test('Postgres is killed ten times under writes: nothing acknowledged is lost', { skip }, async (t) => {
  const scene = await openControlScene(t, { postgres: { isDurable: true } });
  const { plane } = scene;
  const ledger = new UserLedger(t, { clients: [plane.client] });
  for (let kill = 0; kill < kills; kill += 1) {
    const enough = ledger.acknowledged + writesBetweenKills;
    await eventually(() => assert.ok(ledger.acknowledged >= enough, `${ledger.acknowledged} of ${enough}`), {
      timeoutMs: 30_000,
    });
    await plane.postgres.kill();
    const [service] = plane.services;
    assert.equal(service?.process.isRunning, true, 'the state service stays');
    await plane.postgres.start();
  }
  await ledger.stop();
  assert.ok(ledger.refused >= kills, `${ledger.refused} refusals: the kills were not noticed`);
  assert.ok(ledger.longestMs < 8_000, `an answer took ${ledger.longestMs} ms`);
  await expectPeace(scene);
  const { names } = await readUsersInPostgres(plane.postgres, plane.database);
  assert.deepEqual(ledger.compare(names), []);
  await expectUndisturbed(scene);
});
