/** Where the database is and what it may cost. Every wait on it has a bound here. */

export interface DatabaseConfig {
  /** `postgres://user:password@host:port/database`. Never logged. */
  readonly connectionString: string;
  readonly maxConnections: number;
  /** Operations in line for a connection; one more is refused at once. */
  readonly maxWaiting: number;
  /** To get a connection, a new one included. */
  readonly acquireTimeoutMs: number;
  /** An operation as a whole: waiting for a connection, all its statements, the commit. */
  readonly operationTimeoutMs: number;
  /** The statements of a change that touches many rows (a group's, an import's batch). */
  readonly wideTimeoutMs: number;
}

/** Answers within two seconds that the database does not. */
export const defaultDatabaseConfig: Omit<DatabaseConfig, 'connectionString'> = {
  maxConnections: 10,
  maxWaiting: 256,
  acquireTimeoutMs: 1_400,
  operationTimeoutMs: 1_800,
  wideTimeoutMs: 60_000,
};
