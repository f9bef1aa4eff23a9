/**
 * The database is killed a hundred times, by SIGKILL to all its processes, while clients write through the store and keep a ledger of
 * what was acknowledged. fsync is on.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { CommitUnknownError, DatabaseUnavailableError } from '../../src/database/database-error.ts';
import { AlreadyExistsError } from '../../src/domain/state-error.ts';
import { createRandomId } from '../../src/repositories/random-id.ts';
import { context, prepareStores, userInput } from './open-store.ts';

const postgres = await startPostgres({ after }, { isDurable: true });
const openStore = await prepareStores(postgres);
const kills = 100;
const writers = 4;
/** Acknowledged between two kills at least: the kill has something to destroy. */
const writesBetweenKills = 8;

test('no acknowledged write is lost, and none is done twice, when the database is killed a hundred times', async (t) => {
  const { store, sql } = await openStore(t, { operationTimeoutMs: 1_800 });
  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  const refusals = { unavailable: 0, unknown: 0 };
  let slowestMs = 0;
  let isOver = false;

  /** Tries the same user until it is acknowledged, as a client with an Idempotency-Key does. */
  const writeUntilAcknowledged = async (name: string): Promise<void> => {
    for (;;) {
      const begun = performance.now();
      try {
        await store.write(context, (unit) => unit.users.create(userInput(name)));
        acknowledged.add(name);
        return;
      } catch (error) {
        slowestMs = Math.max(slowestMs, performance.now() - begun);
        if (error instanceof AlreadyExistsError && unknown.has(name)) {
          acknowledged.add(name);
          return;
        }
        if (error instanceof CommitUnknownError) {
          unknown.add(name);
          refusals.unknown += 1;
        } else {
          assert.ok(error instanceof DatabaseUnavailableError, String(error));
          refusals.unavailable += 1;
        }
        if (isOver) return;
        await eventually(() => store.read((unit) => unit.users.find(name)), { timeoutMs: 20_000 });
      }
    }
  };
  const write = async (): Promise<void> => {
    while (!isOver) await writeUntilAcknowledged(createRandomId());
  };

  const writing = Promise.all(Array.from({ length: writers }, write));
  for (let kill = 0; kill < kills; kill++) {
    const before = acknowledged.size;
    await eventually(() => assert.ok(acknowledged.size >= before + writesBetweenKills), {
      timeoutMs: 20_000,
      intervalMs: 5,
    });
    await postgres.kill();
    await postgres.start();
  }
  isOver = true;
  await writing;

  const rows = await sql('SELECT name FROM users');
  const stored = new Set(rows.map(({ name }) => String(name)));
  const lost = [...acknowledged].filter((name) => !stored.has(name));
  assert.deepEqual(lost, []);
  const unasked = [...stored].filter((name) => !acknowledged.has(name) && !unknown.has(name));
  assert.deepEqual(unasked, [], 'a write that was refused as undone is there');
  const trails = await sql(
    `SELECT (SELECT count(*)::int FROM audit_log) AS audited, (SELECT count(DISTINCT user_name)::int FROM outbox) AS outbox`,
  );
  assert.deepEqual(trails, [{ audited: stored.size, outbox: stored.size }]);
  assert.ok(refusals.unavailable > 0);
  assert.ok(slowestMs < 2_500, `a refusal took ${slowestMs} ms`);
  t.diagnostic(
    `${acknowledged.size} acknowledged, ${refusals.unavailable} refused, ${refusals.unknown} unknown, slowest ${Math.round(slowestMs)} ms`,
  );
});
