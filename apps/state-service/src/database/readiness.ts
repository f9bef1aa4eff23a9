/** Whether the database can be used as it is: reached, writable, and migrated to exactly what this version knows. */
import type { Database } from './database.ts';
import { DatabaseUnavailableError, type UnavailableReason } from './database-error.ts';
import { knownMigrations, migrationsTable } from './migrate.ts';

export type DatabaseReadiness =
  | { readonly kind: 'Ready' }
  | { readonly kind: 'Unavailable'; readonly reason: UnavailableReason }
  | { readonly kind: 'NotMigrated'; readonly missing: readonly string[] }
  | { readonly kind: 'TooNew'; readonly unknown: readonly string[] };

interface Snapshot {
  readonly isReadOnly: boolean;
  readonly names: readonly string[] | null;
}

/** Answers within two seconds. */
export async function checkReadiness(database: Database): Promise<DatabaseReadiness> {
  try {
    const { isReadOnly, names } = await database.read(async (session): Promise<Snapshot> => {
      const [state] = await session.query<{ present: boolean; read_only: boolean }>(
        `SELECT to_regclass($1) IS NOT NULL AS present,
                pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only`,
        [migrationsTable],
      );
      if (state?.present !== true) return { isReadOnly: state?.read_only ?? false, names: null };
      const rows = await session.query<{ name: string }>(`SELECT name FROM ${migrationsTable}`);
      return { isReadOnly: state.read_only, names: rows.map(({ name }) => name) };
    });
    if (isReadOnly) return { kind: 'Unavailable', reason: 'ReadOnly' };
    const unknown = (names ?? []).filter((name) => !knownMigrations.includes(name));
    if (unknown.length > 0) return { kind: 'TooNew', unknown };
    const missing = knownMigrations.filter((name) => !(names ?? []).includes(name));
    if (missing.length > 0) return { kind: 'NotMigrated', missing };
    return { kind: 'Ready' };
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) return { kind: 'Unavailable', reason: error.reason };
    throw error;
  }
}
