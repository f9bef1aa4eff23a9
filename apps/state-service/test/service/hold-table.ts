/** Holds a table against everybody, so that a test can act while a statement of the service waits for it. */
import assert from 'node:assert/strict';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { Client } from 'pg';

export interface HeldTable {
  /** Resolves when so many statements wait for a lock. */
  untilWaiting(count: number): Promise<void>;
  release(): Promise<void>;
}

export async function holdTable(scope: CleanupScope, connectionString: string, table: string): Promise<HeldTable> {
  // In the transaction that holds it, what is waited for would look the same all the time.
  const [holder, watcher] = [new Client({ connectionString }), new Client({ connectionString })];
  for (const one of [holder, watcher]) {
    await one.connect();
    scope.after(() => one.end());
  }
  await holder.query('BEGIN');
  await holder.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return {
    async untilWaiting(count) {
      await eventually(async () => {
        const waiting = await watcher.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
        assert.equal(waiting.rowCount, count);
      });
    },
    async release() {
      await holder.query('ROLLBACK');
    },
  };
}
