/**
 * Writes a line for each connection that has ended. Whether a line reaches its reader is the sink's matter: a full one
 * drops and counts, and nothing here waits.
 */
import type { ConnectionRecord } from '../session/connection-record.ts';
import { connectionLine } from './connection-line.ts';

export interface AccessLogDeps {
  readonly sink: { write(line: string): unknown };
  readonly nowMs: () => number;
}

export interface AccessLog {
  /** The records of connections that ended a moment ago, in order. */
  write(records: readonly ConnectionRecord[]): void;
  /** `log.access` of the configuration, which a reload may change. */
  setEnabled(isEnabled: boolean): void;
}

/** Makes an access log; writing never throws and never blocks. */
export function createAccessLog(isEnabledAtFirst: boolean, deps: AccessLogDeps): AccessLog {
  let isEnabled = isEnabledAtFirst;
  return {
    write(records) {
      if (!isEnabled) return;
      const time = new Date(deps.nowMs()).toISOString();
      for (const record of records) deps.sink.write(connectionLine(record, time));
    },
    setEnabled(next) {
      isEnabled = next;
    },
  };
}
