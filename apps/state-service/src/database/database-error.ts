/** How the database can fail a request that is not the request's fault. Messages never hold values of a statement. */

/**
 * `Unreachable`: nobody listens, or the connection broke. `Hung`: no answer in time. `PoolExhausted`: every connection is
 * in use and the line is full or did not move. `ReadOnly`: a standby, or told to be. `NotAccepting`: it starts, stops, or has too many
 * connections. `Overloaded`: it gave up for want of disk, memory, time or a lock.
 */
export type UnavailableReason = 'Unreachable' | 'Hung' | 'PoolExhausted' | 'ReadOnly' | 'NotAccepting' | 'Overloaded';

const texts: Readonly<Record<UnavailableReason, string>> = {
  Unreachable: 'the database cannot be reached',
  Hung: 'the database does not answer',
  PoolExhausted: 'all connections to the database are in use',
  ReadOnly: 'the database accepts no changes at the moment',
  NotAccepting: 'the database accepts no connection at the moment',
  Overloaded: 'the database could not do it in time or for want of room',
};

/** Nothing was changed; the same request may succeed later. */
export class DatabaseUnavailableError extends Error {
  readonly code = 'SLUICE_DATABASE_UNAVAILABLE';
  override readonly name = 'DatabaseUnavailableError';
  readonly reason: UnavailableReason;
  readonly retryAfterSeconds: number;

  constructor(reason: UnavailableReason, options: { readonly cause?: unknown } = {}) {
    super(`${texts[reason]}; nothing was changed, try again`, options);
    this.reason = reason;
    this.retryAfterSeconds = reason === 'PoolExhausted' || reason === 'Overloaded' ? 1 : 2;
  }
}

/** The connection broke or fell silent while a commit was under way: it may have happened. */
export class CommitUnknownError extends Error {
  readonly code = 'SLUICE_COMMIT_UNKNOWN';
  override readonly name = 'CommitUnknownError';
  readonly retryAfterSeconds = 2;

  constructor(cause: unknown) {
    super('the change may or may not have been made; repeat the request with its Idempotency-Key, or read first', {
      cause,
    });
  }
}

/** The server refused a statement for a reason that nobody expects: a mistake of this program. Holds no values, unlike the driver's error. */
export class DatabaseFaultError extends Error {
  readonly code = 'SLUICE_DATABASE_FAULT';
  override readonly name = 'DatabaseFaultError';
  readonly sqlState: string;
  readonly constraint: string | null;

  constructor(sqlState: string, constraint: string | null) {
    super(`the database refused a statement with SQLSTATE ${sqlState}${constraint === null ? '' : ` (${constraint})`}`);
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}
