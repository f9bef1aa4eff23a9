/** What every connection to the database has: bounds on statements, locks and idle transactions, UTC, and our types. */
import { type ClientConfig, types } from 'pg';

const int8Oid = 20;
const timestamptzOid = 1184;

type Parser = (text: string) => unknown;

function parseInt8(text: string): number {
  const value = Number(text);
  // Counters would need centuries; a silent rounding would be worse than an error.
  if (!Number.isSafeInteger(value)) throw new Error(`integer ${text} of the database is beyond 2^53`);
  return value;
}

/** RFC 3339 in UTC: what the API writes. */
function parseTimestamptz(text: string): string {
  return new Date(text).toISOString();
}

const ownParsers: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [int8Oid, parseInt8],
  [timestamptzOid, parseTimestamptz],
]);

/** The driver's own types are narrower than what it takes: any oid. */
const driverParser = types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parser;

export interface ConnectionBounds {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

export function connectionSettings(connectionString: string, bounds: ConnectionBounds): ClientConfig {
  return {
    connectionString,
    application_name: 'sluice-state',
    connectionTimeoutMillis: bounds.connectTimeoutMs,
    statement_timeout: bounds.statementTimeoutMs,
    lock_timeout: bounds.lockTimeoutMs,
    idle_in_transaction_session_timeout: bounds.statementTimeoutMs + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c timezone=UTC -c datestyle=ISO',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary'): Parser =>
        ownParsers.get(oid) ?? driverParser(oid, format),
    },
  };
}
