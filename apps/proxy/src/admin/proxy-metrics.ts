/**
 * The proxy's metrics: names and labels of design section 7, all of them declared here. No label has a value that a client
 * chooses: listeners and limits are named by the configuration and the engine, reasons and phases are closed lists.
 * Counting is plain arithmetic; everything else happens when a scrape asks.
 */
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { registerScrapedMetric, type Sample, type ScrapedMetric } from '@sluice/runtime/scraped-metric.ts';
import type { ControlStatus } from '../control/live/control-status.ts';
import type { ConnectionOutcome } from '../session/connection-record.ts';
import { controlMetrics } from './control-metrics.ts';
import { ListenerCounters, type ListenerTotals } from './listener-counters.ts';
import { gaugeHelp, type LiveGauge, type LiveSnapshot } from './live-snapshot.ts';
import { PhaseHistogram } from './phase-histogram.ts';

export type ReloadResult = 'success' | 'rejected';

export interface ProxyMetricsDeps {
  readonly registry: MetricsRegistry;
  /** Read at each scrape. */
  readonly live: () => LiveSnapshot;
  readonly droppedLogLines: () => number;
  readonly version: string;
  readonly control: () => ControlStatus | null;
}

export interface ProxyMetrics {
  /** A connection that ended; well under a microsecond, and nothing of `outcome` is kept. */
  observeConnection(outcome: ConnectionOutcome): void;
  /** A reload was applied or refused. */
  countReload(result: ReloadResult): void;
  /** The configuration in force is of this moment: at the start and after each reload that was applied. */
  setConfigLoadedAt(nowMs: number): void;
  /** Takes the engine's counters over; call right before and after listeners change. */
  sample(): void;
}

const single = (value: number): Sample[] => [{ labels: {}, value }];

function listenerMetrics(counters: ListenerCounters, live: () => LiveSnapshot): ScrapedMetric[] {
  const each = (read: (name: string, totals: ListenerTotals) => Sample[]): Sample[] => {
    counters.sample(live().listeners);
    return Array.from(counters.entries()).flatMap(([name, totals]) => read(name, totals));
  };
  return [
    {
      name: 'sluice_connections_accepted_total',
      help: 'Connections accepted.',
      type: 'counter',
      read: () => each((listener, totals) => [{ labels: { listener }, value: totals.accepted.total }]),
    },
    {
      name: 'sluice_connections_active',
      help: 'Connections open now.',
      type: 'gauge',
      read: () => live().listeners.map(({ name, active }) => ({ labels: { listener: name }, value: active })),
    },
    {
      name: 'sluice_connections_closed_total',
      help: 'Connections that ended, by why.',
      type: 'counter',
      read: () =>
        each((listener, totals) =>
          Array.from(totals.closed, ([reason, value]) => ({ labels: { listener, reason }, value })),
        ),
    },
    {
      name: 'sluice_bytes_total',
      help: 'Bytes received from clients (up) and sent to them (down).',
      type: 'counter',
      read: () =>
        each((listener, totals) => [
          { labels: { listener, direction: 'up' }, value: totals.bytesUp.total },
          { labels: { listener, direction: 'down' }, value: totals.bytesDown.total },
        ]),
    },
  ];
}

function gaugeMetrics(live: () => LiveSnapshot): ScrapedMetric[] {
  return Object.entries(gaugeHelp).map(([gauge, help]) => ({
    name: `sluice_${gauge}`,
    help,
    type: 'gauge',
    read: () => {
      const value = live().gauges[gauge as LiveGauge];
      return value === undefined ? [] : single(value);
    },
  }));
}

/** One snapshot for all metrics of a scrape: the registry asks them all in one turn of the event loop. */
function oncePerTurn(live: () => LiveSnapshot): () => LiveSnapshot {
  let snapshot: LiveSnapshot | null = null;
  return () => {
    if (snapshot === null) {
      snapshot = live();
      queueMicrotask(() => {
        snapshot = null;
      });
    }
    return snapshot;
  };
}

function buildInfo(version: string): ScrapedMetric {
  return {
    name: 'sluice_build_info',
    help: 'Always 1; the labels say what runs.',
    type: 'gauge',
    read: () => [{ labels: { version, node: process.version }, value: 1 }],
  };
}

/** Registers the metrics; throws if the registry has one of the names already. */
export function createProxyMetrics(deps: ProxyMetricsDeps): ProxyMetrics {
  const counters = new ListenerCounters();
  const phases = new PhaseHistogram();
  const reloads: Record<ReloadResult, number> = { success: 0, rejected: 0 };
  let configLoadedAtMs: number | null = null;
  const live = oncePerTurn(deps.live);
  const metrics: ScrapedMetric[] = [
    ...listenerMetrics(counters, live),
    {
      name: 'sluice_connection_phase_seconds',
      help: 'Time the phases of connections took, for those that reached them.',
      type: 'histogram',
      read: () => phases.samples('sluice_connection_phase_seconds'),
    },
    {
      name: 'sluice_config_reloads_total',
      help: 'Reloads of the configuration, applied (success) or refused (rejected).',
      type: 'counter',
      read: () => Object.entries(reloads).map(([result, value]) => ({ labels: { result }, value })),
    },
    {
      name: 'sluice_config_last_reload_timestamp_seconds',
      help: 'When the configuration in force was loaded, in Unix time.',
      type: 'gauge',
      read: () => (configLoadedAtMs === null ? [] : single(configLoadedAtMs / 1_000)),
    },
    {
      name: 'sluice_limit_reached_total',
      help: 'How often a limit was reached.',
      type: 'counter',
      read: () => Object.entries(live().limits).map(([limit, value]) => ({ labels: { limit }, value })),
    },
    {
      name: 'sluice_log_lines_dropped_total',
      help: 'Log lines given up because standard output was slow or closed.',
      type: 'counter',
      read: () => single(deps.droppedLogLines()),
    },
    buildInfo(deps.version),
    ...gaugeMetrics(live),
    {
      name: 'sluice_decision_pauses_total',
      help: 'How often the decision isolate did one thing for at least so many seconds.',
      type: 'counter',
      read: () =>
        live().pauses.map(({ atLeastSeconds, count }) => ({
          labels: { at_least: String(atLeastSeconds) },
          value: count,
        })),
    },
    ...controlMetrics(deps.control),
  ];
  for (const metric of metrics) registerScrapedMetric(deps.registry, metric);
  return {
    observeConnection(outcome) {
      counters.countClosed(outcome.listener, outcome.reason);
      phases.observe(outcome);
    },
    countReload(result) {
      reloads[result] += 1;
    },
    setConfigLoadedAt(nowMs) {
      configLoadedAtMs = nowMs;
    },
    sample: () => counters.sample(deps.live().listeners),
  };
}
