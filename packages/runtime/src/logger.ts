/**
 * The log of a process: JSON lines of `level`, `time` (ISO 8601) and `msg` with the fields of the event. `msg` names the
 * event and is a constant; what varies is a field. Where lines go, and what happens when they cannot, is the sink's matter.
 */
import { pino } from 'pino';
import { boundedFields, type LogFields } from './log-fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
  /** What programs wait for (ready, reloaded, stopped): written whatever the level is; `info` unless said otherwise. */
  announce(msg: string, fields?: LogFields, at?: LogLevel): void;
  /** A logger that adds `fields` to every line and follows the level of this one. */
  child(fields: LogFields): Logger;
  /** Takes effect at once, for the children too. */
  setLevel(level: LogLevel): void;
}

export interface LoggerDeps {
  readonly sink: { write(line: string): unknown };
  readonly nowMs: () => number;
}

/** Makes a logger that writes from `level` on; logging never throws. */
export function createLogger(level: LogLevel, deps: LoggerDeps): Logger {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(deps.nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void deps.sink.write(line) },
  );
  // A child's level is its own: the least there is, so that nothing is held back.
  const announcements = lines.child({}, { level: 'debug' });
  const over = (bound: LogFields): Logger => {
    const write = (at: LogLevel, msg: string, fields: LogFields | undefined): void => {
      if (lines.isLevelEnabled(at)) lines[at](boundedFields({ ...bound, ...fields }), msg);
    };
    return {
      debug: (msg, fields) => write('debug', msg, fields),
      info: (msg, fields) => write('info', msg, fields),
      warn: (msg, fields) => write('warn', msg, fields),
      error: (msg, fields) => write('error', msg, fields),
      announce: (msg, fields, at = 'info') => announcements[at](boundedFields({ ...bound, ...fields }), msg),
      child: (fields) => over({ ...bound, ...fields }),
      setLevel: (next) => {
        lines.level = next;
      },
    };
  };
  return over({});
}
