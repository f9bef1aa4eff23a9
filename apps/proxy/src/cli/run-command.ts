/**
 * `sluice run`: from the file to the ready line, reloads in between, and the drain at the end. The one place that turns
 * signals into deeds.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createReplica } from '@sluice/live-config/replica/replica.ts';
import { loadAddon } from '@sluice/native/addon.ts';
import { LineSink } from '@sluice/runtime/line-sink.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import { readGrantedCpus } from '@sluice/runtime/read-granted-cpus.ts';
import { createShutdown } from '@sluice/runtime/shutdown.ts';
import { type ConfigIssue, formatIssue } from '../config/config-issue.ts';
import { ConfigWatcher } from '../control/config-watcher.ts';
import { LiveControl } from '../control/live/live-control.ts';
import { type OpenBus, openNatsBus } from '../control/live/open-bus.ts';
import { refuseControl } from '../control/live/refuse-control.ts';
import { type Environment, loadConfig } from '../control/load-config.ts';
import { createReloader, type Reloader } from '../control/reloader.ts';
import { planEngine } from '../process/engine-plan.ts';
import type { ConfigInHand } from '../process/config-in-hand.ts';
import { type ProxyProcess, startProxyProcess } from '../process/proxy-process.ts';
import { bringUp } from './bring-up.ts';
import { type ExitCode, exitCode } from '@sluice/runtime/command/exit-code.ts';
import { holdSignals, type OnSignal } from './hold-signals.ts';

export interface RunDeps {
  readonly env: Environment;
  readonly version: string;
  readonly err: (text: string) => void;
  /** Brings a message system along; absent: NATS, as the file names it. */
  readonly openBus?: OpenBus;
  /** Delivers SIGTERM, SIGINT and SIGHUP. */
  readonly onSignal: OnSignal;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => never;
}

const lastLinesMs = 1000;
const nowMs = (): number => Date.now();

/** Resolves when the process may end. */
export async function runCommand(path: string, deps: RunDeps): Promise<ExitCode> {
  const loaded = await loadConfig(path, deps.env);
  if (loaded.kind === 'invalid') return giveUp(loaded.errors, exitCode.configuration, deps);
  const source: ConfigInHand = { ...loaded, file: path };
  const refuse = (next: ConfigInHand): Promise<readonly ConfigIssue[]> =>
    refuseControl(next, deps.openBus !== undefined);
  const refusals = await refuse(source);
  if (refusals.length > 0) return giveUp(refusals, exitCode.configuration, deps);
  const signals = holdSignals(deps.onSignal);
  const sink = new LineSink();
  const logger = createLogger(source.config.log.level, { sink, nowMs });
  const proxy = await start(source, { ...deps, sink, logger });
  const control = createControl(proxy, logger, deps.openBus);
  proxy.watchControl(control);
  if (source.config.control !== null) await proxy.holdPorts();
  const failures = await proxy.apply(source);
  if (failures.length > 0) return giveUp(failures, exitCode.runtime, deps);
  for (const note of loaded.notes) logger.warn('configuration note', { note: formatIssue(note) });
  const onApplied = (next: ConfigInHand, before: ConfigInHand): void => followFile(control, logger, { next, before });
  const reloader = createReloader(source, { path, env: deps.env, proxy, logger, refuse, onApplied });
  const watcher = new ConfigWatcher({
    path,
    onChange: () => reloader.reload('FileChanged'),
    onDegraded: (error) => logger.warn('file events are not available, polling', { reason: String(error) }),
  });
  const running = { proxy, reloader, watcher, control, logger, sink };
  const stopped = untilStopped(running, { ...deps, onSignal: signals.deliverTo });
  const unbound = await bringUp({ source, proxy, control, logger, stopped });
  if (unbound.length > 0) return giveUp(unbound, exitCode.runtime, deps);
  await stopped;
  await sink.flush(lastLinesMs);
  return exitCode.ok;
}

function giveUp(issues: readonly ConfigIssue[], code: ExitCode, { err }: RunDeps): ExitCode {
  for (const issue of issues) err(`${formatIssue(issue)}\n`);
  return code;
}

function createControl(proxy: ProxyProcess, logger: Logger, openBus: OpenBus = openNatsBus): LiveControl {
  return new LiveControl({
    openBus,
    createReplica,
    apply: (request) => proxy.applyLive(request),
    logger,
    hostName: hostname(),
    instance: randomUUID(),
    nowMs,
    random: Math.random,
  });
}

/** After a reload: other control settings, and live users that may no longer clash with the file's, or clash anew. */
function followFile(
  control: LiveControl,
  logger: Logger,
  { next, before }: { readonly next: ConfigInHand; readonly before: ConfigInHand },
): void {
  const names = ({ config }: ConfigInHand): string => JSON.stringify(config.users.map(({ name }) => name));
  if (names(next) !== names(before)) control.recheck('users');
  control.configure(next.config.control).catch((error: unknown) => {
    logger.error('control settings not taken', { reason: error instanceof Error ? error.message : String(error) });
  });
}

interface Output {
  readonly sink: LineSink;
  readonly logger: Logger;
}

async function start(source: ConfigInHand, deps: RunDeps & Output): Promise<ProxyProcess> {
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
  return await startProxyProcess({
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
}

interface Running extends Output {
  readonly proxy: ProxyProcess;
  readonly reloader: Reloader;
  readonly watcher: ConfigWatcher;
  readonly control: LiveControl;
}

/** Resolves when the drain is over and the last line is written. */
function untilStopped(running: Running, deps: RunDeps): Promise<void> {
  const { proxy, reloader, watcher, control, logger, sink } = running;
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const drain = async (signal: string): Promise<void> => {
    logger.announce('stopping', { signal, connections: proxy.active });
    watcher.close();
    const reloaded = reloader.stop();
    const drained = proxy.drain();
    await reloaded;
    await control.close();
    const cut = await drained;
    await proxy.close();
    isOver = true;
    logger.announce('stopped', { cut });
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
      logger.announce('stopped', { cut: proxy.active });
      sink.writeNow();
      deps.exit(exitCode.ok);
    },
  });
  deps.onSignal('SIGTERM', () => shutdown.signal('SIGTERM', performance.now()));
  deps.onSignal('SIGINT', () => shutdown.signal('SIGINT', performance.now()));
  deps.onSignal('SIGHUP', () => {
    // Nothing is said behind the last line.
    if (!isOver) reloader.reload('Asked');
  });
  return promise;
}
