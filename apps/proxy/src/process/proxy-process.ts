/**
 * The proxy as a process of the main isolate: starts the decision isolate, puts configurations in force all or nothing,
 * answers the admin listener, writes what ended connections report, and drains at the end. Decides nothing about traffic.
 */
import { randomBytes } from 'node:crypto';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import type { LineSink } from '@sluice/runtime/line-sink.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { createAccessLog } from '../access-log/access-log.ts';
import { AdminBindError } from '../admin/admin-bind-error.ts';
import { createAdminServer, type PreparedAdmin } from '../admin/admin-server.ts';
import type { AdminSources, ProxyStatus, Readiness } from '../admin/admin-sources.ts';
import { createProxyMetrics } from '../admin/proxy-metrics.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { adminFailureIssue, listenFailureIssue } from '../control/bind-failure-issue.ts';
import { type DecisionHost, startDecisionHost } from '../isolate/decision-host.ts';
import type { EnginePlan } from '../isolate/isolate-messages.ts';
import type { BoundListener } from '../session/listener-set.ts';
import { RecordBatchReader } from '../session/record-batch-reader.ts';
import { activeConnections, createLiveReader } from './live-reader.ts';

/** A configuration that was read and found valid. */
export interface ConfigInHand {
  readonly file: string;
  readonly text: string;
  readonly config: EffectiveConfig;
  readonly digest: string;
}

export interface ProxyProcessDeps {
  readonly plan: EnginePlan;
  readonly pipeBytes: number;
  readonly sink: LineSink;
  readonly logger: Logger;
  readonly version: string;
  /** Unix time. */
  readonly nowMs: () => number;
  readonly onDeath: (error: Error) => void;
}

export interface ProxyProcess {
  /** Puts a configuration in force; what could not be bound comes back and nothing has changed. */
  apply(source: ConfigInHand): Promise<readonly ConfigIssue[]>;
  countRejectedReload(): void;
  readonly listeners: () => readonly BoundListener[];
  readonly adminAddress: () => string | null;
  /** Connections that are open now. */
  readonly active: () => number;
  /** Stops accepting and waits; the number of connections that had to be cut. */
  drain(): Promise<number>;
  close(): Promise<void>;
}

const closeAdminMs = 200;

/** Starts the decision isolate; nothing is bound yet. */
export async function startProxyProcess(deps: ProxyProcessDeps): Promise<ProxyProcess> {
  const startedAtMs = deps.nowMs();
  const registry = createMetricsRegistry();
  const accessLog = createAccessLog(true, { sink: deps.sink, nowMs: deps.nowMs });
  const records = new RecordBatchReader(randomBytes(4).toString('hex'));
  let host: DecisionHost | null = null;
  let bound: readonly BoundListener[] = [];
  let inForce: ConfigInHand | null = null;
  let configLoadedAtMs = startedAtMs;
  let isolateLimits: Readonly<Record<string, number>> = {};
  let isDraining = false;

  const live = createLiveReader({
    host: () => host,
    plan: deps.plan,
    listeners: () => bound,
    otherLimits: () => ({ ...isolateLimits, admin_connections: admin.refusedConnections() }),
  });
  const metrics = createProxyMetrics({
    registry,
    live,
    droppedLogLines: () => deps.sink.droppedLines,
    version: deps.version,
  });
  const readiness = (): Readiness => {
    if (isDraining) return { isReady: false, reason: 'Draining' };
    return inForce === null ? { isReady: false, reason: 'Starting' } : { isReady: true };
  };
  const status = (): ProxyStatus => {
    const snapshot = live();
    const ready = readiness();
    return {
      version: deps.version,
      pid: process.pid,
      state: ready.isReady ? 'Ready' : ready.reason,
      digest: inForce?.digest ?? '',
      startedAt: new Date(startedAtMs).toISOString(),
      uptimeSeconds: Math.round((deps.nowMs() - startedAtMs) / 1000),
      configLoadedAt: new Date(configLoadedAtMs).toISOString(),
      connections: {
        accepted: snapshot.listeners.reduce((sum, { accepted }) => sum + accepted, 0),
        active: host === null ? 0 : activeConnections(host),
      },
      listeners: snapshot.listeners.map((listener) => ({
        ...listener,
        addresses: bound.find(({ name }) => name === listener.name)?.addresses ?? [],
      })),
      datapath: {
        mode: deps.plan.mode,
        workers: host?.regions.length ?? 0,
        pipeBytes: deps.pipeBytes,
        maxFds: deps.plan.fdBudget,
      },
    };
  };
  const sources: AdminSources = {
    readiness,
    status,
    config: () => inForce?.config ?? null,
    metrics: () => registry.metrics(),
  };
  const admin = createAdminServer({
    sources,
    onError: (error) => deps.logger.warn('admin error', { reason: messageOf(error) }),
  });
  const decisions = await startDecisionHost(deps.plan, {
    onRecords(batch) {
      records.learn(batch);
      records.forEachOutcome(batch, metrics.observeConnection);
      if (inForce?.config.log.access !== false) accessLog.write(records.records(batch));
    },
    onLimits(limits) {
      isolateLimits = limits;
    },
    onDefect: (message) => deps.logger.error('internal error', { reason: message }),
    onDeath: deps.onDeath,
  });
  host = decisions;

  const commit = async (source: ConfigInHand, preparedAdmin: PreparedAdmin): Promise<void> => {
    metrics.sample();
    bound = await decisions.commit();
    preparedAdmin.commit();
    metrics.sample();
    const isFirst = inForce === null;
    inForce = source;
    configLoadedAtMs = deps.nowMs();
    metrics.setConfigLoadedAt(configLoadedAtMs);
    if (!isFirst) metrics.countReload('success');
    accessLog.setEnabled(source.config.log.access);
    deps.logger.setLevel(source.config.log.level);
  };

  return {
    async apply(source) {
      const failures = await decisions.prepare(source.config);
      if (failures !== null) return failures.map((failure) => listenFailureIssue(source, failure));
      try {
        const { enabled, bind } = source.config.admin;
        await commit(source, await admin.prepare(enabled ? bind : null));
        return [];
      } catch (error) {
        await decisions.abort();
        if (error instanceof AdminBindError) return [adminFailureIssue(source, systemCodeOf(error.cause))];
        throw error;
      }
    },
    countRejectedReload: () => metrics.countReload('rejected'),
    listeners: () => bound,
    adminAddress: () => admin.address(),
    active: () => activeConnections(decisions),
    async drain() {
      isDraining = true;
      const drains = inForce?.config.listeners.map(({ timeouts }) => timeouts.drainMs) ?? [];
      return await decisions.drain(Math.max(0, ...drains));
    },
    close: () => admin.close(closeAdminMs),
  };
}

function systemCodeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
