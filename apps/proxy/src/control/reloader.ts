/**
 * Reloads: one at a time, the last one asked for always done. Reads the file, refuses what cannot be changed while running,
 * applies the rest all or nothing, and says so in one log line.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@sluice/runtime/logger.ts';
import { type ConfigIssue, formatIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { ConfigInHand } from '../process/config-in-hand.ts';
import type { ProxyProcess } from '../process/proxy-process.ts';
import { positionOf } from './bind-failure-issue.ts';
import { type Environment, loadConfig } from './load-config.ts';

/** What takes a configuration, and says where it is served then. */
export type ReloadTarget = Pick<ProxyProcess, 'apply' | 'countRejectedReload' | 'listeners' | 'adminAddress'>;

export interface ReloaderDeps {
  readonly path: string;
  readonly env: Environment;
  readonly proxy: ReloadTarget;
  readonly logger: Logger;
  /** More that a file can be refused for. */
  readonly refuse?: (source: ConfigInHand) => Promise<readonly ConfigIssue[]>;
  /** A file was put in force. */
  readonly onApplied?: (source: ConfigInHand, before: ConfigInHand) => void;
}

/** `Asked` (SIGHUP) is always answered by a line; `FileChanged` only when the content is another. */
export type ReloadCause = 'Asked' | 'FileChanged';

export interface Reloader {
  reload(cause: ReloadCause): void;
  /** Ends: what is under way is finished, nothing new is begun; who asks from now on is refused. */
  stop(): Promise<void>;
}

const unreadable = 'unreadable';

function stoppingIssue(file: string): ConfigIssue {
  const message = 'sluice is stopping: nothing is reloaded any more';
  return { file, line: 1, column: 1, message, remedy: 'start it again' };
}

export function createReloader(first: ConfigInHand, deps: ReloaderDeps): Reloader {
  let inForce = first;
  /** Digest of what was last looked at, in force or rejected. */
  let lastSeen: string = first.digest;
  let wanted: ReloadCause | null = null;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;

  const reject = (digest: string | null, errors: readonly ConfigIssue[]): void => {
    deps.proxy.countRejectedReload();
    deps.logger.error('reload rejected', { digest, errors: errors.map(formatIssue) });
  };

  const rejectFailed = (error: unknown): void => {
    // Nothing takes a configuration any more once the drain is over: no defect.
    if (isStopped) return reject(null, [stoppingIssue(deps.path)]);
    deps.proxy.countRejectedReload();
    const reason = error instanceof Error ? error.message : String(error);
    deps.logger.error('reload rejected', { digest: null, errors: [`${deps.path}:1:1: internal error: ${reason}`] });
  };

  const reloadOnce = async (cause: ReloadCause): Promise<void> => {
    const loaded = await loadConfig(deps.path, deps.env);
    const seen = loaded.digest ?? unreadable;
    if (cause === 'FileChanged' && seen === lastSeen) return;
    lastSeen = seen;
    if (loaded.kind === 'invalid') return reject(loaded.digest, loaded.errors);
    const source: ConfigInHand = { ...loaded, file: deps.path };
    if (!isSameDatapath(source.config, inForce.config)) return reject(loaded.digest, [datapathIssue(source)]);
    const refusals = (await deps.refuse?.(source)) ?? [];
    if (refusals.length > 0) return reject(loaded.digest, refusals);
    const failures = await deps.proxy.apply(source);
    if (failures.length > 0) return reject(loaded.digest, failures);
    const before = inForce;
    inForce = source;
    deps.onApplied?.(source, before);
    for (const note of loaded.notes) deps.logger.warn('configuration note', { note: formatIssue(note) });
    const listeners = deps.proxy.listeners.map(({ name, addresses }) => ({ name, addresses }));
    deps.logger.announce('reloaded', { digest: loaded.digest, admin: deps.proxy.adminAddress, listeners });
  };

  const runAll = async (): Promise<void> => {
    isRunning = true;
    while (wanted !== null && !isStopped) {
      const cause = wanted;
      wanted = null;
      try {
        await reloadOnce(cause);
      } catch (error) {
        rejectFailed(error);
      }
    }
    if (wanted === 'Asked') reject(null, [stoppingIssue(deps.path)]);
    wanted = null;
    isRunning = false;
  };

  return {
    reload(cause) {
      if (wanted !== 'Asked') wanted = cause;
      if (!isRunning) running = runAll();
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

function isSameDatapath(a: EffectiveConfig, b: EffectiveConfig): boolean {
  return isDeepStrictEqual(a.datapath, b.datapath);
}

function datapathIssue(source: ConfigInHand): ConfigIssue {
  const message = 'datapath is read at the start only and cannot change in a reload';
  return { ...positionOf(source, ['datapath']), message, remedy: 'take the change back, or restart sluice' };
}
