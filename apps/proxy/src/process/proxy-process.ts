/**
 * The proxy as a process of the main isolate: starts the decision isolate, puts configurations in force all or nothing,
 * answers the admin listener, writes what ended connections report, and drains at the end. Decides nothing about traffic.
 */
import { randomBytes } from 'node:crypto';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import type { LineSink } from '@sluice/runtime/line-sink.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { type AccessLog, createAccessLog } from '../access-log/access-log.ts';
import { AdminBindError } from '../admin/admin-bind-error.ts';
import { type AdminServer, createAdminServer, type PreparedAdmin } from '../admin/admin-server.ts';
import type { AdminSources, ProxyStatus, Readiness } from '../admin/admin-sources.ts';
import type { LiveSnapshot } from '../admin/live-snapshot.ts';
import { createProxyMetrics, type ProxyMetrics } from '../admin/proxy-metrics.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { adminFailureIssue, listenFailureIssue } from '../control/bind-failure-issue.ts';
import { type DecisionHost, startDecisionHost } from '../isolate/decision-host.ts';
import type { EnginePlan } from '../isolate/isolate-messages.ts';
import type { BoundListener } from '../session/listener-set.ts';
import type { RecordBatch } from '../session/record-batch.ts';
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

const closeAdminMs = 200;

/** Starts the decision isolate; nothing is bound yet. */
export async function startProxyProcess(deps: ProxyProcessDeps): Promise<ProxyProcess> {
  const proxy = new ProxyProcess(deps);
  await proxy.start();
  return proxy;
}

export class ProxyProcess {
  readonly #deps: ProxyProcessDeps;
  readonly #startedAtMs: number;
  readonly #registry = createMetricsRegistry();
  readonly #records = new RecordBatchReader(randomBytes(4).toString('hex'));
  readonly #accessLog: AccessLog;
  readonly #admin: AdminServer;
  readonly #live: () => LiveSnapshot;
  readonly #metrics: ProxyMetrics;
  #host: DecisionHost | null = null;
  #bound: readonly BoundListener[] = [];
  #inForce: ConfigInHand | null = null;
  #configLoadedAtMs: number;
  #isolateLimits: Readonly<Record<string, number>> = {};
  #isDraining = false;

  constructor(deps: ProxyProcessDeps) {
    const { sink, nowMs, plan, version, logger } = deps;
    this.#deps = deps;
    this.#startedAtMs = nowMs();
    this.#configLoadedAtMs = this.#startedAtMs;
    this.#accessLog = createAccessLog(true, { sink, nowMs });
    this.#live = createLiveReader({
      host: () => this.#host,
      plan,
      listeners: () => this.#bound,
      otherLimits: () => ({ ...this.#isolateLimits, admin_connections: this.#admin.refusedConnections() }),
    });
    const droppedLogLines = (): number => sink.droppedLines;
    this.#metrics = createProxyMetrics({ registry: this.#registry, live: this.#live, droppedLogLines, version });
    this.#admin = createAdminServer({
      sources: this.#adminSources(),
      onError: (error) => logger.warn('admin error', { reason: messageOf(error) }),
    });
  }

  async start(): Promise<void> {
    const { plan, logger, onDeath } = this.#deps;
    this.#host = await startDecisionHost(plan, {
      onRecords: (batch) => this.#take(batch),
      onLimits: (limits) => {
        this.#isolateLimits = limits;
      },
      onDefect: (message) => logger.error('internal error', { reason: message }),
      onDeath,
    });
  }

  /** Puts a configuration in force; what could not be bound comes back and nothing has changed. */
  async apply(source: ConfigInHand): Promise<readonly ConfigIssue[]> {
    const host = this.#running();
    const failures = await host.prepare(source.config);
    if (failures !== null) return failures.map((failure) => listenFailureIssue(source, failure));
    try {
      const { enabled, bind } = source.config.admin;
      const admin = await this.#admin.prepare(enabled ? bind : null);
      await this.#commit(source, admin);
      return [];
    } catch (error) {
      await host.abort();
      if (error instanceof AdminBindError) return [adminFailureIssue(source, systemCodeOf(error.cause))];
      throw error;
    }
  }

  countRejectedReload(): void {
    this.#metrics.countReload('rejected');
  }

  get listeners(): readonly BoundListener[] {
    return this.#bound;
  }

  get adminAddress(): string | null {
    return this.#admin.address();
  }

  /** Connections that are open now. */
  get active(): number {
    return this.#host === null ? 0 : activeConnections(this.#host);
  }

  /** Stops accepting and waits; the number of connections that had to be cut. */
  async drain(): Promise<number> {
    this.#isDraining = true;
    const drains = this.#inForce?.config.listeners.map(({ timeouts }) => timeouts.drainMs) ?? [];
    return await this.#running().drain(Math.max(0, ...drains));
  }

  async close(): Promise<void> {
    await this.#admin.close(closeAdminMs);
  }

  #running(): DecisionHost {
    if (this.#host === null) throw new Error('the proxy has not been started');
    return this.#host;
  }

  #take(batch: RecordBatch): void {
    this.#records.learn(batch);
    this.#records.forEachOutcome(batch, (outcome) => this.#metrics.observeConnection(outcome));
    if (batch.texts !== '') this.#accessLog.write(this.#records.records(batch));
  }

  async #commit(source: ConfigInHand, admin: PreparedAdmin): Promise<void> {
    const isFirst = this.#inForce === null;
    this.#metrics.sample();
    this.#bound = await this.#running().commit();
    admin.commit();
    this.#metrics.sample();
    this.#inForce = source;
    this.#configLoadedAtMs = this.#deps.nowMs();
    this.#metrics.setConfigLoadedAt(this.#configLoadedAtMs);
    if (!isFirst) this.#metrics.countReload('success');
    this.#accessLog.setEnabled(source.config.log.access);
    this.#deps.logger.setLevel(source.config.log.level);
  }

  #adminSources(): AdminSources {
    return {
      readiness: () => this.#readiness(),
      status: () => this.#status(),
      config: () => this.#inForce?.config ?? null,
      metrics: () => this.#registry.metrics(),
    };
  }

  #readiness(): Readiness {
    if (this.#isDraining) return { isReady: false, reason: 'Draining' };
    return this.#inForce === null ? { isReady: false, reason: 'Starting' } : { isReady: true };
  }

  #status(): ProxyStatus {
    const { version, nowMs, plan, pipeBytes } = this.#deps;
    const { listeners } = this.#live();
    const ready = this.#readiness();
    return {
      version,
      pid: process.pid,
      state: ready.isReady ? 'Ready' : ready.reason,
      digest: this.#inForce?.digest ?? '',
      startedAt: new Date(this.#startedAtMs).toISOString(),
      uptimeSeconds: Math.round((nowMs() - this.#startedAtMs) / 1000),
      configLoadedAt: new Date(this.#configLoadedAtMs).toISOString(),
      connections: { accepted: listeners.reduce((sum, { accepted }) => sum + accepted, 0), active: this.active },
      listeners: listeners.map((listener) => ({
        ...listener,
        addresses: this.#bound.find(({ name }) => name === listener.name)?.addresses ?? [],
      })),
      datapath: { mode: plan.mode, workers: this.#host?.regions.length ?? 0, pipeBytes, maxFds: plan.fdBudget },
    };
  }
}

function systemCodeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
