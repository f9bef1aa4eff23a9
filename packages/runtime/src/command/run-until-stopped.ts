/**
 * A service as a process of its own: its log, the signals that end it, and what its failures mean to who started it. The first
 * signal asks it to end, the second ends it at once; whatever happens, its last lines are written.
 */
import { LineSink } from '../line-sink.ts';
import { createLogger, type Logger, type LogLevel } from '../logger.ts';
import { createShutdown, type StopSignal } from '../shutdown.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

export interface ProcessDeps {
  readonly err: (text: string) => void;
  readonly onSignal: (signal: StopSignal, handler: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => never;
}

export interface ServiceDescription {
  /** The command, before what goes wrong. */
  readonly name: string;
  readonly logLevel: LogLevel;
  readonly nowMs: () => number;
  /** Errors that whoever wrote the configuration can mend: exit code 2. */
  readonly isConfiguration: (error: unknown) => boolean;
}

export interface Serving {
  readonly logger: Logger;
  /** Resolves with the signal that asked the process to end. */
  readonly stopped: Promise<string>;
}

const lastLinesMs = 1000;

/** Resolves when the process may end. */
export async function runUntilStopped(
  { name, logLevel, nowMs, isConfiguration }: ServiceDescription,
  { err, onSignal, exit }: ProcessDeps,
  serve: (serving: Serving) => Promise<ExitCode>,
): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger(logLevel, { sink, nowMs });
  const stop = Promise.withResolvers<string>();
  const shutdown = createShutdown({
    onFirst: (signal) => stop.resolve(signal),
    onSecond: () => {
      sink.writeNow();
      exit(exitCode.ok);
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    onSignal(signal, () => shutdown.signal(signal, performance.now()));
  }
  try {
    return await serve({ logger, stopped: stop.promise });
  } catch (error) {
    err(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return isConfiguration(error) ? exitCode.configuration : exitCode.runtime;
  } finally {
    await sink.flush(lastLinesMs);
  }
}
