/** `sluice-operator run`: the operator as a process of its own, from its arguments to its exit code. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { KubeConfigError } from '@sluice/kube/client/kube-config-source.ts';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { NatsConfigError } from '@sluice/live-config/nats/nats-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import { createShutdown } from '@sluice/runtime/shutdown.ts';
import { type OperatorSettings, startOperator } from '../process/operator.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { StateApi } from '../users/state-api.ts';
import { kubeSourceOf, loadAckKey, loadLeaseNamespace, openStateApi, SettingsError } from './load-settings.ts';
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

/** Resolves when the process may end. */
export async function runCommand(options: RunOptions, deps: RunDeps): Promise<ExitCode> {
  const sink = new LineSink();
  const logger = createLogger(options.logLevel, { sink, nowMs: () => systemClock.wallMs() });
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
    deps.err(`sluice-operator: ${error instanceof Error ? error.message : String(error)}\n`);
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
  return [SettingsError, NatsConfigError, KubeConfigError].some((kind) => error instanceof kind);
}

async function serve(options: RunOptions, serving: Serving): Promise<ExitCode> {
  const settings = await settingsOf(options);
  const state = options.state === null ? null : await openStateApi(options.state);
  const bus = createNatsBus(natsBusConfig(options.nats), { random: Math.random });
  try {
    return await serveOn(options, settings, { ...serving, bus, state });
  } finally {
    await bus.close();
  }
}

interface Outside {
  readonly bus: ConfigBus;
  readonly state: StateApi | null;
}

async function settingsOf(options: RunOptions): Promise<OperatorSettings> {
  const { kube, namespaces, leaseName, ackKeyFile, admin, state } = options;
  return {
    kube: kubeSourceOf(kube),
    requestsPerSecond: kube.requestsPerSecond,
    namespaces,
    lease: { namespace: await loadLeaseNamespace(options), name: leaseName },
    identity: `${hostname().slice(0, 63)}-${process.pid}-${randomBytes(4).toString('hex')}`,
    admin,
    ackKey: await loadAckKey(ackKeyFile),
    users: state === null ? null : { owner: state.owner, releaseMs: state.releaseMs },
  };
}

async function serveOn(
  options: RunOptions,
  settings: OperatorSettings,
  { bus, state, logger, version, stopped }: Serving & Outside,
): Promise<ExitCode> {
  const operator = await startOperator(settings, { bus, state, clock: systemClock, logger, version });
  const { identity } = settings;
  logger.info('started', { pid: process.pid, admin: operator.adminUrl, identity });
  void operator.synced.then(
    () => logger.announce('ready', { pid: process.pid, admin: operator.adminUrl, identity }),
    () => {}, // stopped before
  );
  const signal = await stopped;
  logger.announce('stopping', { signal });
  await operator.stop(options.drainMs);
  logger.announce('stopped', {});
  return exitCode.ok;
}
