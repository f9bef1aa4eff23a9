/**
 * Removes what has had its time: answers of idempotent requests after a day, the memory of deleted users after thirty. In bounded steps, so that nobody waits for it. Several processes may do it at once.
 */
import type { Logger } from '@sluice/runtime/logger.ts';
import type { Database } from './database.ts';

export interface MaintenanceDeps {
  readonly database: Database;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

export interface Maintenance {
  /** Everything that is due now; answers how many rows went. */
  run(): Promise<number>;
  close(): Promise<void>;
}

const stepRows = 1_000;
const maxSteps = 1_000;

/** Each deletes at most `stepRows` and answers with the rows it deleted. */
const steps = [
  `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
     SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT ${stepRows} FOR UPDATE SKIP LOCKED
   )) RETURNING 1`,
  `DELETE FROM deleted_users WHERE ctid = ANY (ARRAY(
     SELECT ctid FROM deleted_users WHERE deleted_at < now() - interval '30 days' LIMIT ${stepRows} FOR UPDATE SKIP LOCKED
   )) RETURNING 1`,
] as const;

/** Runs every `everyMs` until it is closed. */
export function startMaintenance(everyMs: number, { database, logger }: MaintenanceDeps): Maintenance {
  let isClosed = false;
  let running: Promise<unknown> = Promise.resolve();

  const run = async (): Promise<number> => {
    let removed = 0;
    for (const statement of steps) {
      for (let step = 0; step < maxSteps && !isClosed; step++) {
        const rows = await database.write((session) => session.query(statement));
        removed += rows.length;
        if (rows.length < stepRows) break;
      }
    }
    if (removed > 0) logger.info('removed what had its time', { rows: removed });
    return removed;
  };

  const timer = setInterval(() => {
    running = run().catch((error: unknown) => {
      // The next run finds the same rows.
      logger.warn('maintenance failed', { reason: error instanceof Error ? error.message : String(error) });
    });
  }, everyMs);
  timer.unref();

  return {
    run,
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
}
