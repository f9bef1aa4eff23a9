/**
 * The proxy as a process of the main isolate: starts the decision isolate, puts configurations in force all or nothing,
 * answers the admin listener, writes what ended connections report, and drains at the end. Decides nothing about traffic.
 */
import { randomBytes } from 'node:crypto';
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import type { LineSink } from '@sluice/runtime/line-sink.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { type AccessLog, createAccessLog } from '../access-log/access-log.ts';
import type { ApplyRequest, ApplyResult } from '@sluice/live-config/replica/replica-port.ts';
import { type AdminServer, createAdminServer } from '../admin/admin-server.ts';
import type { AdminSources, ProxyStatus, Readiness } from '../admin/admin-sources.ts';
import type { LiveSnapshot } from '../admin/live-snapshot.ts';
import { createProxyMetrics, type ProxyMetrics } from '../admin/proxy-metrics.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { type ControlStatus, describeMissing } from '../control/live/control-status.ts';
import { type Rejection, userParts } from '../control/live/live-users.ts';
import { type DecisionHost, startDecisionHost } from '../isolate/decision-host.ts';
import type { EnginePlan } from '../isolate/isolate-messages.ts';
import type { BoundListener } from '../session/listener-set.ts';
import type { RecordBatch } from '../session/record-batch.ts';
import { RecordBatchReader } from '../session/record-batch-reader.ts';
import { ConfigApplier } from './config-applier.ts';
import type { ConfigInHand } from './config-in-hand.ts';
import { createFileSide } from './file-side.ts';
import { activeConnections, createLiveReader } from './live-reader.ts';

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

/** Live configuration, as far as the process needs it. */
export interface WatchedControl {
  readonly status: ControlStatus | null;
  recheck(range: ConfigRange): void;
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
  readonly #applier: ConfigApplier;
  #inForce: ConfigInHand | null = null;
  /** The file's with what is live of routes and listeners. */
  #config: EffectiveConfig | null = null;
  #control: WatchedControl | null = null;
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
    this.#metrics = createProxyMetrics({
      registry: this.#registry,
      live: this.#live,
      droppedLogLines,
      version,
      control: () => this.#control?.status ?? null,
    });
    this.#admin = createAdminServer({
      sources: this.#adminSources(),
      onError: (error) => logger.warn('admin error', { reason: messageOf(error) }),
    });
    this.#applier = new ConfigApplier({
      host: () => this.#running(),
      admin: this.#admin,
      beforeCommit: () => this.#metrics.sample(),
      committed: (source, config, bound) => this.#committed(source, config, bound),
      onOtherRejections: () => this.#control?.recheck('routing'),
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

  /** Puts the file's configuration in force; what could not be bound comes back and nothing has changed. */
  async apply(source: ConfigInHand): Promise<readonly ConfigIssue[]> {
    return await this.#applier.applyFile(source);
  }

  /** Puts a revision of live resources in force; those that cannot be come back, and the rest is. */
  async applyLive(request: Pick<ApplyRequest, 'range' | 'isWhole' | 'changes'>): Promise<ApplyResult> {
    return request.range === 'users' ? await this.#applyUsers(request) : await this.#applier.applyRouting(request);
  }

  /** Opens no port but the admin's, whatever is applied, until `openPorts`. */
  async holdPorts(): Promise<void> {
    await this.#applier.hold();
  }

  /** What could not be bound of the file. */
  async openPorts(): Promise<readonly ConfigIssue[]> {
    return await this.#applier.release();
  }

  /** Where live configuration comes from and how far it is: readiness depends on it once. */
  watchControl(control: WatchedControl): void {
    this.#control = control;
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
    const drains = this.#config?.listeners.map(({ timeouts }) => timeouts.drainMs) ?? [];
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

  async #applyUsers({ isWhole, changes }: Pick<ApplyRequest, 'isWhole' | 'changes'>): Promise<ApplyResult> {
    const rejected: Rejection[] = [];
    const file = this.#inForce === null ? null : createFileSide(this.#inForce);
    const parts = userParts(changes, {
      placeInFile: (name) => file?.placeOfUser(name) ?? null,
      onRejected: (rejection) => rejected.push(rejection),
    });
    await this.#running().changeUsers(isWhole ? 'Whole' : 'Change', parts);
    return { rejected };
  }

  #committed(source: ConfigInHand, config: EffectiveConfig, bound: readonly BoundListener[]): void {
    const isOfFile = this.#inForce !== source;
    const isFirst = this.#inForce === null;
    this.#bound = bound;
    this.#metrics.sample();
    this.#inForce = source;
    this.#config = config;
    if (!isOfFile) return;
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
      config: () => this.#config,
      control: () => this.#control?.status ?? null,
      metrics: () => this.#registry.metrics(),
    };
  }

  #readiness(): Readiness {
    if (this.#isDraining) return { isReady: false, reason: 'Draining' };
    if (this.#inForce === null) return { isReady: false, reason: 'Starting' };
    const control = this.#control?.status ?? null;
    if (control === null || control.isComplete) return { isReady: true };
    return { isReady: false, reason: 'NoLiveConfiguration', detail: describeMissing(control) };
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
