/** What an error of the driver or the server means for the request. Pure. */
import { InvalidValueError } from '../domain/state-error.ts';
import { DatabaseFaultError, DatabaseUnavailableError, type UnavailableReason } from './database-error.ts';

/** SQLSTATEs (PostgreSQL, appendix A) after which the same statement may succeed later. */
const unavailableStates: Readonly<Record<string, UnavailableReason>> = {
  '25006': 'ReadOnly', // read_only_sql_transaction
  '53300': 'NotAccepting', // too_many_connections
  '57P01': 'NotAccepting', // admin_shutdown
  '57P02': 'NotAccepting', // crash_shutdown
  '57P03': 'NotAccepting', // cannot_connect_now
  '57P05': 'NotAccepting', // idle_session_timeout
  '25P03': 'Overloaded', // idle_in_transaction_session_timeout
  '25P04': 'Overloaded', // transaction_timeout
  '28000': 'NotAccepting', // invalid_authorization_specification
  '28P01': 'NotAccepting', // invalid_password
  '3D000': 'NotAccepting', // invalid_catalog_name
  '53000': 'Overloaded',
  '53100': 'Overloaded', // disk_full
  '53200': 'Overloaded', // out_of_memory
  '53400': 'Overloaded',
  '55P03': 'Overloaded', // lock_not_available
  '57014': 'Overloaded', // query_canceled, by statement_timeout
  '58030': 'Overloaded', // io_error
};

const invalidStates: ReadonlySet<string> = new Set([
  '23514', // check_violation
  '22001', // string_data_right_truncation
  '22003', // numeric_value_out_of_range
  '22007', // invalid_datetime_format
  '22008', // datetime_field_overflow
  '22009', // invalid_time_zone_displacement_value
  '22021', // character_not_in_repertoire: U+0000
  '22P02', // invalid_text_representation
  '22P05', // untranslatable_character
]);

/** Messages of pg and pg-pool, which give these errors no code. */
const timeoutMessages: ReadonlySet<string> = new Set([
  'Query read timeout',
  'Connection terminated due to connection timeout',
  'timeout expired',
]);
const brokenMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after|The server does not support)/;

const sqlState = /^[0-9A-Z]{5}$/;

/** The error's code: a SQLSTATE or an errno name. */
function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

/** Name of the constraint that a statement broke. */
function constraintOf(error: unknown): string | null {
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : null;
  return typeof constraint === 'string' ? constraint : null;
}

/** A deadlock or a serialization failure: the transaction was undone and may be run again. */
export function isWorthRepeating(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40P01' || code === '40001';
}

/** The server refused the statement or the commit itself, so nothing of it happened. */
export function isRefusedByServer(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && /^(?:23|40|22|25|42|53|55|54|P0)[0-9A-Z]{3}$/.test(code);
}

/** Why the database could not; null: it is something else. */
export function unavailableReason(error: unknown): UnavailableReason | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof DatabaseUnavailableError) return error.reason;
  const code = codeOf(error);
  if (code !== null) {
    if (Object.hasOwn(unavailableStates, code)) return unavailableStates[code] ?? null;
    if (code.startsWith('08') && code.length === 5) return 'Unreachable';
    return /^E[A-Z_]{3,}$/.test(code) ? (code === 'ETIMEDOUT' ? 'Hung' : 'Unreachable') : null;
  }
  if (timeoutMessages.has(error.message)) return 'Hung';
  return brokenMessages.test(error.message) ? 'Unreachable' : null;
}

/** The error as the callers of the store know it; unchanged when it is not the database's. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailableError) return error;
  const reason = unavailableReason(error);
  if (reason !== null) return new DatabaseUnavailableError(reason, { cause: error });
  const code = codeOf(error);
  // The driver's error repeats values of the statement (detail, where): it is not kept as the cause.
  if (code === null || !sqlState.test(code)) return error;
  return invalidStates.has(code)
    ? new InvalidValueError(constraintOf(error) ?? code, null)
    : new DatabaseFaultError(code, constraintOf(error));
}
