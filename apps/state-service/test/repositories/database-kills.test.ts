/**
 * Databases are killed a hundred times, by SIGKILL to all their processes, while clients write through the store and keep a ledger of
 * what was acknowledged. fsync is on. Several servers share the kills, because most of one kill is waiting for its recovery.
 */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { type PostgresServer, startPostgres } from '@sluice/testkit/postgres-server.ts';
import { CommitUnknownError, DatabaseUnavailableError } from '../../src/database/database-error.ts';
import { AlreadyExistsError } from '../../src/domain/state-error.ts';
import { createRandomId } from '../../src/repositories/random-id.ts';
import { context, type OpenStore, prepareStores, userInput } from './open-store.ts';

const servers = 4;
const killsOfEach = 25;
const writers = 4;
/** Acknowledged between two kills at least: the kill has something to destroy. */
const writesBetweenKills = 8;
/** The promise is two seconds; what a busy machine adds is not the store's. */
const promptMs = 2_000 + 4_000;

class Ledger {
  readonly acknowledged = new Set<string>();
  readonly unknown = new Set<string>();
  refusedAsUndone = 0;
  refusedAsUnknown = 0;
  slowestRefusalMs = 0;
  isOver = false;

  /** Tries the same user until it is acknowledged, as a client with an Idempotency-Key does. */
  async writeUntilAcknowledged({ store }: OpenStore, name: string): Promise<void> {
    for (;;) {
      const begun = performance.now();
      try {
        await store.write(context, (unit) => unit.users.create(userInput(name)));
        this.acknowledged.add(name);
        return;
      } catch (error) {
        this.slowestRefusalMs = Math.max(this.slowestRefusalMs, performance.now() - begun);
        if (error instanceof AlreadyExistsError && this.unknown.has(name)) {
          this.acknowledged.add(name);
          return;
        }
        this.#noteRefusal(name, error);
        if (this.isOver) return;
        await eventually(() => store.read((unit) => unit.users.find(name)), { timeoutMs: 60_000 });
      }
    }
  }

  #noteRefusal(name: string, error: unknown): void {
    if (error instanceof CommitUnknownError) {
      this.unknown.add(name);
      this.refusedAsUnknown += 1;
    } else {
      assert.ok(error instanceof DatabaseUnavailableError, String(error));
      this.refusedAsUndone += 1;
    }
  }
}

async function killAndRecover(postgres: PostgresServer, { acknowledged }: Ledger): Promise<void> {
  const before = acknowledged.size;
  await eventually(() => assert.ok(acknowledged.size >= before + writesBetweenKills), {
    timeoutMs: 60_000,
    intervalMs: 5,
  });
  await postgres.kill();
  await postgres.start();
}

async function compareWithLedger({ sql }: OpenStore, { acknowledged, unknown }: Ledger): Promise<void> {
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
}

async function killUnderWrites(t: TestContext): Promise<Ledger> {
  const postgres = await startPostgres({ after }, { isDurable: true });
  const openStore = await prepareStores(postgres);
  const opened = await openStore(t, { operationTimeoutMs: 1_800 });
  const ledger = new Ledger();
  const write = async (): Promise<void> => {
    while (!ledger.isOver) await ledger.writeUntilAcknowledged(opened, createRandomId());
  };
  const writing = Promise.all(Array.from({ length: writers }, write));
  const killing = async (): Promise<void> => {
    for (let kill = 0; kill < killsOfEach; kill++) await killAndRecover(postgres, ledger);
  };
  // Whichever fails first is what the test shows.
  await Promise.race([killing(), writing]);
  ledger.isOver = true;
  await writing;
  await compareWithLedger(opened, ledger);
  return ledger;
}

test('no acknowledged write is lost, and none is done twice, when databases are killed a hundred times', async (t) => {
  const ledgers = await Promise.all(Array.from({ length: servers }, () => killUnderWrites(t)));
  const sum = (count: (ledger: Ledger) => number): number =>
    ledgers.reduce((total, ledger) => total + count(ledger), 0);
  const slowestMs = Math.max(...ledgers.map(({ slowestRefusalMs }) => slowestRefusalMs));
  assert.ok(sum(({ refusedAsUndone }) => refusedAsUndone) > 0);
  assert.ok(slowestMs < promptMs, `a refusal took ${slowestMs} ms`);
  t.diagnostic(
    `${sum(({ acknowledged }) => acknowledged.size)} acknowledged, ${sum(({ refusedAsUndone }) => refusedAsUndone)} refused, ` +
      `${sum(({ refusedAsUnknown }) => refusedAsUnknown)} unknown, slowest ${Math.round(slowestMs)} ms`,
  );
});
