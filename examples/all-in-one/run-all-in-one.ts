/**
 * Proxy and state service in one process: a PostgreSQL of its own, and users that reach the proxy through memory, or through
 * NATS where the file's `control:` names servers. For one machine; each part also runs by itself.
 */
import { type RunDeps, runCommand } from '@sluice/proxy/cli/run-command.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { loadConfig } from '@sluice/proxy/control/load-config.ts';
import { readAckKey } from '@sluice/proxy/control/live/live-control.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger } from '@sluice/runtime/logger.ts';
import type { ListenAddress } from '@sluice/state-service/process/state-service.ts';
import { openBuses } from './open-buses.ts';
import { startState } from './start-state.ts';

export interface AllInOneConfig {
  /** sluice.yaml, with a `control:` whose ranges have Users. */
  readonly configPath: string;
  /** Of the state service: data of PostgreSQL, pepper, the administrator's key. Made when absent. */
  readonly directory: string;
  readonly listen: ListenAddress;
}

type Signal = Parameters<RunDeps['onSignal']>[0];

/** Resolves with the exit code when all parts have ended. */
export async function runAllInOne(config: AllInOneConfig, deps: Omit<RunDeps, 'openBus'>): Promise<ExitCode> {
  const loaded = await loadConfig(config.configPath, deps.env);
  // The proxy says what is wrong with it.
  if (loaded.kind === 'invalid') return await runCommand(config.configPath, deps);
  const { control, log } = loaded.config;
  const sink = new LineSink();
  await using scope = new AsyncDisposableStack();
  scope.defer(async () => {
    await sink.flush(drainLinesMs);
  });
  const buses = openBuses(control?.nats ?? null);
  scope.defer(() => buses.publisher.close());
  const ackKey = control === null ? null : ((await readAckKey(control)) ?? null);
  const quiet = createLogger(log.level === 'info' ? 'warn' : log.level, { sink, nowMs: () => Date.now() });
  const { directory, listen } = config;
  const parts = { bus: buses.publisher, logger: quiet, version: deps.version };
  const state = await startState({ directory, listen, ackKey }, parts, scope);
  announce(state, sink);
  const stopping = createStopping(deps);
  void state.ended.then((reason) => stopping.fail(reason));
  const code = await runCommand(config.configPath, {
    ...deps,
    onSignal: (signal, handler) => stopping.onSignal(signal, handler),
    openBus: buses.openForProxy,
  });
  return stopping.hasFailed() ? exitCode.runtime : code;
}

const drainLinesMs = 1000;

/** Where it is, as a line beside the proxy's own `ready`. */
function announce(state: { readonly url: string; readonly adminKeyFile: string }, sink: LineSink): void {
  const logger = createLogger('info', { sink, nowMs: () => Date.now() });
  logger.info('state service ready', { url: state.url, adminKeyFile: state.adminKeyFile });
}

/** Ends the proxy as SIGTERM does when the database is gone; users could not be changed any more. */
function createStopping({ onSignal, err }: Pick<RunDeps, 'onSignal' | 'err'>) {
  const handlers = new Map<Signal, () => void>();
  let isAsked = false;
  let hasFailed = false;
  return {
    onSignal(signal: Signal, handler: () => void): void {
      handlers.set(signal, handler);
      onSignal(signal, () => {
        isAsked ||= signal !== 'SIGHUP';
        handler();
      });
    },
    fail(reason: string): void {
      if (isAsked) return;
      hasFailed = true;
      err(`all in one: ${reason}\n`);
      handlers.get('SIGTERM')?.();
    },
    hasFailed: () => hasFailed,
  };
}
