/** `sluice-state run`: the service as a process of its own, from its arguments to its exit code. */
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { NatsConfigError } from '@sluice/live-config/nats/nats-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import { createShutdown } from '@sluice/runtime/shutdown.ts';
import { BootstrapKeyError } from '../api-keys/bootstrap-key.ts';
import { DatabaseSourceError, type OpenDatabaseSource, openDatabaseSource } from '../process/database-source.ts';
import { type StateService, type StateServiceSettings, startStateService } from '../process/state-service.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { type LoadedSettings, loadSettings, SettingsError } from './load-settings.ts';
import { natsBusConfig } from './nats-bus-config.ts';
import type { RunOptions } from './parse-arguments.ts';

export interface RunDeps {
  readonly version: string;
  readonly err: (text: string) => void;
  readonly onSignal: (signal: 'SIGTERM' | 'SIGINT', handler: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => never;
}

const lastLinesMs = 1000;
const nowMs = (): number => Date.now();

/** Resolves when the process may end. */
export async function runCommand(options: RunOptions, deps: RunDeps): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger(options.logLevel, { sink, nowMs });
  const stop = Promise.withResolvers<string>();
  const shutdown = createShutdown({
    onFirst: (signal) => stop.resolve(signal),
    onSecond: () => {
      sink.writeNow();
      deps.exit(exitCode.ok);
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    deps.onSignal(signal, () => shutdown.signal(signal, performance.now()));
  }
  try {
    return await serve(options, { ...deps, logger, stopped: stop.promise });
  } catch (error) {
    deps.err(`sluice-state: ${error instanceof Error ? error.message : String(error)}\n`);
    return isConfiguration(error) ? exitCode.configuration : exitCode.runtime;
  } finally {
    await sink.flush(lastLinesMs);
  }
}

interface Serving extends RunDeps {
  readonly logger: Logger;
  /** Resolves with the signal that asked the process to end. */
  readonly stopped: Promise<string>;
}

function isConfiguration(error: unknown): boolean {
  return [SettingsError, DatabaseSourceError, BootstrapKeyError, NatsConfigError].some((kind) => error instanceof kind);
}

async function serve(options: RunOptions, serving: Serving): Promise<ExitCode> {
  const loaded = await loadSettings(options);
  const bus = options.nats === null ? null : createNatsBus(natsBusConfig(options.nats), { random: Math.random });
  try {
    const database = await openDatabaseSource(options.database, serving.logger);
    try {
      return await serveOn(options, { ...serving, loaded, bus, database });
    } finally {
      await database.close();
    }
  } finally {
    await bus?.close();
  }
}

interface Opened extends Serving {
  readonly loaded: LoadedSettings;
  readonly bus: ConfigBus | null;
  readonly database: OpenDatabaseSource;
}

async function serveOn(options: RunOptions, opened: Opened): Promise<ExitCode> {
  const { bus, database, logger, version, stopped } = opened;
  const service = await startStateService(settingsOf(options, opened), { bus, logger, version, nowMs });
  const databaseEnded = database.exited.then((reason) => Promise.reject(new Error(reason)));
  try {
    const prepared = await Promise.race([service.prepared, stopped, databaseEnded]);
    if (typeof prepared !== 'string') {
      if (prepared?.kind === 'Created') announceKey(prepared, opened);
      logReady(service, logger);
    }
    const signal = await Promise.race([stopped, databaseEnded]);
    logger.info('stopping', { signal });
    logger.info('stopped', { cut: await service.stop(options.drainMs) });
    return exitCode.ok;
  } catch (error) {
    await service.stop(0);
    throw error;
  }
}

function settingsOf(options: RunOptions, { loaded, database }: Opened): StateServiceSettings {
  const { listen, adminListen, bootstrapKeyFile, operatorKeyFile, rateLimits: bounds } = options;
  const { connectionString } = database;
  return { ...loaded, connectionString, bootstrapKeyFile, operatorKeyFile, listen, adminListen, bounds };
}

/** On the terminal and not in the log, which others keep. */
function announceKey({ id, secret }: { readonly id: string; readonly secret: string | null }, opened: Opened): void {
  opened.logger.info('bootstrap key added', { keyId: id });
  if (secret !== null) opened.err(`sluice-state: the first API key, shown this once: ${secret}\n`);
}

function logReady(service: StateService, logger: Logger): void {
  logger.info('ready', { pid: process.pid, url: service.url, admin: service.adminUrl });
}
