/**
 * From a started process to one that serves: with live configuration, ports open when all of it is in force, or when waiting
 * for it has taken too long; then the file alone is served, and the process is ready when the rest has come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import { describeMissing } from '../control/live/control-status.ts';
import type { LiveControl } from '../control/live/live-control.ts';
import type { ConfigInHand } from '../process/config-in-hand.ts';
import type { ProxyProcess } from '../process/proxy-process.ts';

export interface BringUp {
  readonly source: ConfigInHand;
  readonly proxy: ProxyProcess;
  readonly control: LiveControl;
  readonly logger: Logger;
  /** Resolves when the process has been asked to stop and has. */
  readonly stopped: Promise<void>;
}

/** Resolves when ports are open, or with what could not be bound. */
export async function bringUp({ source, proxy, control, logger, stopped }: BringUp): Promise<readonly ConfigIssue[]> {
  const settings = source.config.control;
  if (settings === null) {
    logReady(source, proxy, logger);
    return [];
  }
  await control.configure(settings);
  const given = new AbortController();
  const inTime = await Promise.race([
    control.complete.then(() => 'Complete' as const),
    delay(settings.startTimeoutMs, 'Late' as const, { signal: given.signal, ref: false }),
    stopped.then(() => 'Stopped' as const),
  ]);
  given.abort();
  if (inTime === 'Stopped') return [];
  const failures = await proxy.openPorts();
  if (failures.length > 0) return failures;
  if (inTime === 'Late') {
    const status = control.status;
    const reason = status === null ? '' : describeMissing(status);
    logger.announce('not ready', { reason, ...served(source, proxy) }, 'warn');
  }
  void control.complete.then(() => logReady(source, proxy, logger));
  return [];
}

function logReady(source: ConfigInHand, proxy: ProxyProcess, logger: Logger): void {
  logger.announce('ready', { pid: process.pid, ...served(source, proxy) });
}

function served({ digest }: ConfigInHand, proxy: ProxyProcess): Readonly<Record<string, unknown>> {
  const listeners = proxy.listeners.map(({ name, addresses }) => ({ name, addresses }));
  return { digest, admin: proxy.adminAddress, listeners };
}
