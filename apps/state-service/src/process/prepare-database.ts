/**
 * Brings the database to where requests can be served: migrated, with a key that lets an administrator in. A database that is
 * not there yet is waited for; one that this version must not touch ends the start.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/runtime/logger.ts';
import {
  addBootstrapKey,
  addOperatorKey,
  BootstrapKeyError,
  type BootstrapResult,
  makeBootstrapKey,
} from '../api-keys/bootstrap-key.ts';
import { DatabaseTooNewError } from '../database/database-too-new-error.ts';
import { migrateUp } from '../database/migrate.ts';
import type { PostgresStateStore } from '../repositories/postgres-state-store.ts';

export interface Preparation {
  readonly connectionString: string;
  readonly bootstrapKeyFile: string | null;
  readonly operatorKeyFile: string | null;
  readonly signal: AbortSignal;
}

export interface PreparationDeps {
  readonly store: PostgresStateStore;
  readonly logger: Logger;
}

const firstRetryMs = 250;
const lastRetryMs = 5_000;

/** Resolves when it is done; null when it was aborted. Rejects with DatabaseTooNewError or BootstrapKeyError. */
export async function prepareDatabase(
  preparation: Preparation,
  deps: PreparationDeps,
): Promise<BootstrapResult | null> {
  const { signal } = preparation;
  for (let retryMs = firstRetryMs; !signal.aborted; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
    try {
      return await prepareOnce(preparation, deps);
    } catch (error) {
      if (error instanceof DatabaseTooNewError || error instanceof BootstrapKeyError) throw error;
      deps.logger.warn('waiting for the database', { error, retryMs });
    }
    await delay(retryMs, undefined, { signal }).catch(() => {}); // aborted: the loop sees it
  }
  return null;
}

async function prepareOnce(
  { connectionString, bootstrapKeyFile, operatorKeyFile }: Preparation,
  { store, logger }: PreparationDeps,
): Promise<BootstrapResult> {
  await migrateUp(connectionString, { logger });
  if (operatorKeyFile !== null) await addOperatorKey(store, operatorKeyFile);
  return bootstrapKeyFile === null ? await makeBootstrapKey(store) : await addBootstrapKey(store, bootstrapKeyFile);
}
