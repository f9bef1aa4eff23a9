/** `sluice-state run`: the service as a process of its own, from its arguments to its exit code. */
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { type NatsBusConfig, NatsConfigError } from '@sluice/live-config/nats/nats-config.ts';
import { type NatsPublisherOptions, publisherBusConfig } from '@sluice/live-config/nats/publisher-bus-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { type ProcessDeps, runUntilStopped, type Serving } from '@sluice/runtime/command/run-until-stopped.ts';
import { SettingsError } from '@sluice/runtime/command/settings-error.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { BootstrapKeyError } from '../api-keys/bootstrap-key.ts';
import { DatabaseSourceError, type OpenDatabaseSource, openDatabaseSource } from '../process/database-source.ts';
import { type StateService, type StateServiceSettings, startStateService } from '../process/state-service.ts';
import { type LoadedSettings, loadSettings } from './load-settings.ts';
import type { RunOptions } from './parse-arguments.ts';

export interface RunDeps extends ProcessDeps {
  readonly version: string;
}

const nowMs = (): number => Date.now();

/** Resolves when the process may end. */
export async function runCommand(options: RunOptions, deps: RunDeps): Promise<ExitCode> {
  const { logLevel } = options;
  return await runUntilStopped({ name: 'sluice-state', logLevel, nowMs, isConfiguration }, deps, (serving) =>
    serve(options, { ...deps, ...serving }),
  );
}

type ServingCommand = RunDeps & Serving;

function isConfiguration(error: unknown): boolean {
  return [SettingsError, DatabaseSourceError, BootstrapKeyError, NatsConfigError].some((kind) => error instanceof kind);
}

async function serve(options: RunOptions, serving: ServingCommand): Promise<ExitCode> {
  const loaded = await loadSettings(options);
  const bus = options.nats === null ? null : createNatsBus(busConfig(options.nats), { random: Math.random });
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

function busConfig(nats: NatsPublisherOptions): NatsBusConfig {
  return publisherBusConfig(nats, { clientName: 'sluice-state', role: { kind: 'StateService' } });
}

interface Opened extends ServingCommand {
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
