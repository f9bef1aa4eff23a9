/** A store over a database of its own, for one test: a copy of a migrated template on the file's server. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { PostgresServer, TestDatabase } from '@sluice/testkit/postgres-server.ts';
import { Pepper } from '../../src/api-keys/pepper.ts';
import { Database } from '../../src/database/database.ts';
import { type DatabaseConfig, defaultDatabaseConfig } from '../../src/database/database-config.ts';
import { migrateUp } from '../../src/database/migrate.ts';
import type { AclRuleInput } from '../../src/domain/acl-rule.ts';
import type { GroupInput } from '../../src/domain/group.ts';
import type { WriteContext } from '../../src/domain/state-store.ts';
import type { UserInput } from '../../src/domain/user.ts';
import { createPostgresStateStore, type PostgresStateStore } from '../../src/repositories/postgres-state-store.ts';
import { keepLog } from '../database/quiet-logger.ts';

export const pepper = new Pepper(Buffer.alloc(32, 'pepper of tests '));
export const context: WriteContext = { actor: 'tester', requestId: 'request-1' };

export interface OpenStore {
  readonly store: PostgresStateStore;
  readonly database: Database;
  /** The same database through a pool of its own, as another process has it. */
  readonly openAnother: () => { readonly store: PostgresStateStore; readonly database: Database };
  /** As the superuser, past the store. */
  readonly sql: (text: string) => Promise<readonly Record<string, unknown>[]>;
  readonly name: string;
}

export type OpenStoreFor = (t: CleanupScope, config?: Partial<DatabaseConfig>) => Promise<OpenStore>;

/** Call once for each server. */
export async function prepareStores(postgres: PostgresServer): Promise<OpenStoreFor> {
  const template = await postgres.createDatabase();
  await migrateUp(template.url, { logger: keepLog().logger });
  return async (t, config = {}) => {
    const copy: TestDatabase = await postgres.createDatabase(template.name);
    const openAnother = (): { store: PostgresStateStore; database: Database } => {
      // A busy machine may be slow; what is slow by design is judged by tests that set their own bounds.
      const patience = { acquireTimeoutMs: 20_000, operationTimeoutMs: 30_000 };
      const whole = { ...defaultDatabaseConfig, connectionString: copy.url, ...patience, ...config };
      const database = new Database(whole, { nowMs: () => performance.now() });
      t.after(() => database.close());
      return { database, store: createPostgresStateStore({ database, pepper, onCommitted: () => {} }) };
    };
    const sql = (text: string): Promise<readonly Record<string, unknown>[]> => postgres.run(text, copy.name);
    return { ...openAnother(), openAnother, sql, name: copy.name };
  };
}

export function userInput(name: string, fields: Partial<UserInput> = {}): UserInput {
  const defaults = { enabled: true, destinations: 'Public', groups: [], quota: null, onRevoke: 'Keep' } as const;
  return { name, ...defaults, managedBy: null, ...fields };
}

export function groupInput(name: string, fields: Partial<GroupInput> = {}): GroupInput {
  return { name, description: null, quota: null, ...fields };
}

export function ruleInput(subject: AclRuleInput['subject'], fields: Partial<AclRuleInput> = {}): AclRuleInput {
  return { subject, domains: ['example.com'], cidrs: null, ports: null, comment: null, ...fields };
}

export const scryptText = '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';
