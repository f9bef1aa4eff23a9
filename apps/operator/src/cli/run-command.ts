/** `sluice-operator run`: the operator as a process of its own, from its arguments to its exit code. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { KubeConfigError } from '@sluice/kube/client/kube-config-source.ts';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { NatsConfigError } from '@sluice/live-config/nats/nats-config.ts';
import { publisherBusConfig } from '@sluice/live-config/nats/publisher-bus-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { type ProcessDeps, runUntilStopped, type Serving } from '@sluice/runtime/command/run-until-stopped.ts';
import { SettingsError } from '@sluice/runtime/command/settings-error.ts';
import { type OperatorSettings, startOperator } from '../process/operator.ts';
import { readAckKeyFile } from '@sluice/live-config/publisher/read-ack-key-file.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import type { StateApi } from '../users/state-api.ts';
import { checkedKubeSource, loadLeaseNamespace, openStateApi } from './load-settings.ts';
import type { RunOptions } from './parse-arguments.ts';

export interface RunDeps extends ProcessDeps {
  readonly version: string;
}

/** Resolves when the process may end. */
export async function runCommand(options: RunOptions, deps: RunDeps): Promise<ExitCode> {
  const { logLevel } = options;
  const nowMs = (): number => systemClock.wallMs();
  return await runUntilStopped({ name: 'sluice-operator', logLevel, nowMs, isConfiguration }, deps, (serving) =>
    serve(options, { ...deps, ...serving }),
  );
}

type ServingCommand = RunDeps & Serving;

function isConfiguration(error: unknown): boolean {
  return [SettingsError, NatsConfigError, KubeConfigError].some((kind) => error instanceof kind);
}

async function serve(options: RunOptions, serving: ServingCommand): Promise<ExitCode> {
  const settings = await settingsOf(options);
  const state = options.state === null ? null : await openStateApi(options.state);
  const identity = { clientName: 'sluice-operator', role: { kind: 'Operator' } } as const;
  const bus = createNatsBus(publisherBusConfig(options.nats, identity), { random: Math.random });
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
    kube: checkedKubeSource(kube),
    requestsPerSecond: kube.requestsPerSecond,
    namespaces,
    lease: { namespace: await loadLeaseNamespace(options), name: leaseName },
    identity: `${hostname().slice(0, 63)}-${process.pid}-${randomBytes(4).toString('hex')}`,
    admin,
    ackKey: await readAckKeyFile(ackKeyFile),
    users: state === null ? null : { owner: state.owner, releaseMs: state.releaseMs },
  };
}

async function serveOn(
  options: RunOptions,
  settings: OperatorSettings,
  { bus, state, logger, version, stopped }: ServingCommand & Outside,
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
