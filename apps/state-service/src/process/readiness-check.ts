/** Whether requests are served, from what the database says. One question to it at a time, however many probes ask. */
import type { Database } from '../database/database.ts';
import { checkReadiness, type DatabaseReadiness } from '../database/readiness.ts';
import type { Readiness } from '../http/state-api-deps.ts';

export interface ReadinessSources {
  readonly database: Database;
  readonly isDraining: () => boolean;
  readonly isPrepared: () => boolean;
}

export function createReadinessCheck({ database, isDraining, isPrepared }: ReadinessSources): () => Promise<Readiness> {
  let asked: Promise<Readiness> | null = null;
  const ask = async (): Promise<Readiness> => {
    try {
      return readinessOf(await checkReadiness(database));
    } catch (error) {
      return { isReady: false, reason: error instanceof Error ? error.name : 'Unknown' };
    } finally {
      asked = null;
    }
  };
  return () => {
    if (isDraining()) return Promise.resolve({ isReady: false, reason: 'Draining' });
    if (!isPrepared()) return Promise.resolve({ isReady: false, reason: 'Starting' });
    asked ??= ask();
    return asked;
  };
}

function readinessOf(readiness: DatabaseReadiness): Readiness {
  switch (readiness.kind) {
    case 'Ready':
      return { isReady: true };
    case 'Unavailable':
      return { isReady: false, reason: `Database${readiness.reason}` };
    case 'NotMigrated':
      return { isReady: false, reason: 'DatabaseNotMigrated' };
    case 'TooNew':
      return { isReady: false, reason: 'DatabaseTooNew' };
  }
}
