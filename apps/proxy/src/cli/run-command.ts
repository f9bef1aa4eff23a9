/**
 * `sluice run`: from the file to the ready line, reloads in between, and the drain at the end. The one place that turns
 * signals into deeds.
 */
import { loadAddon } from '@sluice/native/addon.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import { readGrantedCpus } from '@sluice/runtime/read-granted-cpus.ts';
import { createShutdown } from '@sluice/runtime/shutdown.ts';
import { formatIssue } from '../config/config-issue.ts';
import { ConfigWatcher } from '../control/config-watcher.ts';
import { type Environment, loadConfig } from '../control/load-config.ts';
import { createReloader, type Reloader } from '../control/reloader.ts';
import { planEngine } from '../process/engine-plan.ts';
import { type ConfigInHand, type ProxyProcess, startProxyProcess } from '../process/proxy-process.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

export interface RunDeps {
  readonly env: Environment;
  readonly version: string;
  readonly err: (text: string) => void;
  /** Delivers SIGTERM, SIGINT and SIGHUP. */
  readonly onSignal: (signal: Signal, handler: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => never;
}

const lastLinesMs = 1000;
const nowMs = (): number => Date.now();

/** Resolves when the process may end. */
export async function runCommand(path: string, deps: RunDeps): Promise<ExitCode> {
  const loaded = await loadConfig(path, deps.env);
  if (loaded.kind === 'invalid') {
    for (const issue of loaded.errors) deps.err(`${formatIssue(issue)}\n`);
    return exitCode.configuration;
  }
  const source: ConfigInHand = { ...loaded, file: path };
  const signals = holdSignals(deps.onSignal);
  const sink = new LineSink();
  const logger = createLogger(source.config.log.level, { sink, nowMs });
  const proxy = await start(source, { ...deps, sink, logger });
  if (proxy === null) return exitCode.runtime;
  for (const note of loaded.notes) logger.warn('configuration note', { note: formatIssue(note) });
  const reloader = createReloader(source, { path, env: deps.env, proxy, logger });
  const watcher = new ConfigWatcher({
    path,
    onChange: () => reloader.reload('FileChanged'),
    onDegraded: (error) => logger.warn('file events are not available, polling', { reason: String(error) }),
  });
  const stopped = untilStopped({ proxy, reloader, watcher, logger, sink }, { ...deps, onSignal: signals.deliverTo });
  logReady(source, proxy, logger);
  await stopped;
  await sink.flush(lastLinesMs);
  return exitCode.ok;
}

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** Signals that come while the proxy starts are kept until somebody can obey them: none ends the process by default. */
function holdSignals(onSignal: RunDeps['onSignal']): { readonly deliverTo: RunDeps['onSignal'] } {
  const handlers = new Map<Signal, () => void>();
  const held: Signal[] = [];
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    onSignal(signal, () => {
      const handler = handlers.get(signal);
      if (handler === undefined) held.push(signal);
      else handler();
    });
  }
  return {
    deliverTo(signal, handler) {
      handlers.set(signal, handler);
      if (held.includes(signal)) setImmediate(handler);
    },
  };
}

interface Output {
  readonly sink: LineSink;
  readonly logger: Logger;
}

async function start(source: ConfigInHand, deps: RunDeps & Output): Promise<ProxyProcess | null> {
  const granted = loadAddon().probeGrants();
  const { cpus, limitedBy } = readGrantedCpus();
  const plan = planEngine(source.config.datapath, { maxFds: granted.maxFds, cpus });
  deps.logger.info('datapath', {
    mode: plan.mode,
    threads: plan.mode === 'InLoop' ? 0 : plan.threads,
    cpus,
    cpusLimitedBy: limitedBy,
    maxFds: granted.maxFds,
    fdBudget: plan.fdBudget,
    pipeBytes: granted.pipeBytes,
    splice: source.config.datapath.splice,
  });
  const proxy = await startProxyProcess({
    plan,
    pipeBytes: granted.pipeBytes,
    sink: deps.sink,
    logger: deps.logger,
    version: deps.version,
    nowMs,
    onDeath(error) {
      deps.logger.error('the decision isolate has ended', { reason: error.message });
      deps.sink.writeNow();
      deps.exit(exitCode.runtime);
    },
  });
  const failures = await proxy.apply(source);
  if (failures.length === 0) return proxy;
  for (const issue of failures) deps.err(`${formatIssue(issue)}\n`);
  return null;
}

function logReady(source: ConfigInHand, proxy: ProxyProcess, logger: Logger): void {
  logger.info('ready', {
    pid: process.pid,
    digest: source.digest,
    admin: proxy.adminAddress,
    listeners: proxy.listeners.map(({ name, addresses }) => ({ name, addresses })),
  });
}

interface Running extends Output {
  readonly proxy: ProxyProcess;
  readonly reloader: Reloader;
  readonly watcher: ConfigWatcher;
}

/** Resolves when the drain is over and the last line is written. */
function untilStopped(running: Running, deps: RunDeps): Promise<void> {
  const { proxy, reloader, watcher, logger, sink } = running;
  const { promise, resolve } = Promise.withResolvers<void>();
  const drain = async (signal: string): Promise<void> => {
    logger.info('stopping', { signal, connections: proxy.active });
    watcher.close();
    const drained = proxy.drain();
    await reloader.stop();
    const cut = await drained;
    await proxy.close();
    logger.info('stopped', { cut });
    resolve();
  };
  const shutdown = createShutdown({
    onFirst: (signal) => {
      drain(signal).catch((error: unknown) => {
        logger.error('the drain failed', { reason: error instanceof Error ? error.message : String(error) });
        resolve();
      });
    },
    onSecond: () => {
      logger.info('stopped', { cut: proxy.active });
      sink.writeNow();
      deps.exit(exitCode.ok);
    },
  });
  deps.onSignal('SIGTERM', () => shutdown.signal('SIGTERM', performance.now()));
  deps.onSignal('SIGINT', () => shutdown.signal('SIGINT', performance.now()));
  deps.onSignal('SIGHUP', () => {
    if (!shutdown.isStopping()) reloader.reload('Asked');
  });
  return promise;
}
