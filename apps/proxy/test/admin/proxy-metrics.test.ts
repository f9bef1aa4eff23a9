import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';
import * as fc from 'fast-check';
import { ListenerCounters } from '../../src/admin/listener-counters.ts';
import type { LiveSnapshot } from '../../src/admin/live-snapshot.ts';
import { createProxyMetrics, type ProxyMetrics } from '../../src/admin/proxy-metrics.ts';
import { closeReasons, type ConnectionRecord } from '../../src/session/connection-record.ts';

const record: ConnectionRecord = {
  id: '1',
  listener: 'edge',
  client: '127.0.0.1:1',
  protocol: 'TLS',
  sni: null,
  alpn: [],
  user: null,
  route: null,
  endpoint: null,
  upstream: null,
  bytesUp: 1,
  bytesDown: 2,
  detectMs: 3,
  decideMs: 0.05,
  connectMs: null,
  firstByteMs: null,
  durationMs: 2_000,
  closedBy: 'Client',
  reason: 'Finished',
};

interface OpenMetrics {
  readonly metrics: ProxyMetrics;
  readonly scrape: () => Promise<string>;
  readonly snapshot: { current: LiveSnapshot; reads: number };
}

function openMetrics(): OpenMetrics {
  const registry = createMetricsRegistry();
  registry.clear();
  const snapshot: OpenMetrics['snapshot'] = {
    current: {
      listeners: [{ name: 'edge', accepted: 5, active: 3, bytesUp: 10, bytesDown: 20 }],
      limits: { connections: 4, slots: 0 },
      gauges: { engine_pipes_in_use: 7, decision_pause_seconds: 0.012 },
      pauses: [
        { atLeastSeconds: 0.005, count: 3 },
        { atLeastSeconds: 0.01, count: 1 },
      ],
    },
    reads: 0,
  };
  const live = (): LiveSnapshot => {
    snapshot.reads += 1;
    return snapshot.current;
  };
  const metrics = createProxyMetrics({
    registry,
    live,
    droppedLogLines: () => 9,
    version: '0.1.0',
    control: () => null,
  });
  return { metrics, scrape: () => registry.metrics(), snapshot };
}

function assertSamples(text: string, samples: readonly string[]): void {
  for (const sample of samples) assert.ok(text.includes(`\n${sample}\n`), `${sample} is not in\n${text}`);
}

test('exports every metric of the design by its name and labels', async () => {
  const { metrics, scrape } = openMetrics();
  for (const outcome of [record, record, { ...record, reason: 'NoRoute' as const }]) metrics.observeConnection(outcome);
  metrics.countReload('success');
  metrics.countReload('rejected');
  metrics.countReload('rejected');
  metrics.setConfigLoadedAt(1_700_000_000_500);
  assertSamples(await scrape(), [
    'sluice_connections_accepted_total{listener="edge"} 5',
    'sluice_connections_active{listener="edge"} 3',
    'sluice_connections_closed_total{listener="edge",reason="Finished"} 2',
    'sluice_connections_closed_total{listener="edge",reason="NoRoute"} 1',
    'sluice_connections_closed_total{listener="edge",reason="Banned"} 0',
    'sluice_bytes_total{listener="edge",direction="up"} 10',
    'sluice_bytes_total{listener="edge",direction="down"} 20',
    'sluice_connection_phase_seconds_bucket{le="0.0025",phase="detect"} 0',
    'sluice_connection_phase_seconds_bucket{le="0.005",phase="detect"} 3',
    'sluice_connection_phase_seconds_bucket{le="+Inf",phase="detect"} 3',
    'sluice_connection_phase_seconds_count{phase="connect"} 0',
    'sluice_connection_phase_seconds_sum{phase="total"} 6',
    'sluice_config_reloads_total{result="success"} 1',
    'sluice_config_reloads_total{result="rejected"} 2',
    'sluice_config_last_reload_timestamp_seconds 1700000000.5',
    'sluice_limit_reached_total{limit="connections"} 4',
    'sluice_limit_reached_total{limit="slots"} 0',
    'sluice_log_lines_dropped_total 9',
    `sluice_build_info{version="0.1.0",node="${process.version}"} 1`,
    'sluice_engine_pipes_in_use 7',
    'sluice_decision_pause_seconds 0.012',
    'sluice_decision_pauses_total{at_least="0.005"} 3',
    'sluice_decision_pauses_total{at_least="0.01"} 1',
  ]);
});

test('gives every metric a help text and a type, and series of reasons that have not occurred yet', async () => {
  const text = await openMetrics().scrape();
  const names = Array.from(text.matchAll(/^# TYPE (\S+) /gmu), ([, name]) => name);
  assert.ok(names.length > 15);
  for (const name of names) assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'mu'));
  for (const reason of closeReasons)
    assertSamples(text, [`sluice_connections_closed_total{listener="edge",reason="${reason}"} 0`]);
});

test('reads the engine once a scrape', async () => {
  const { scrape, snapshot } = openMetrics();
  await scrape();
  assert.equal(snapshot.reads, 1);
  await scrape();
  assert.equal(snapshot.reads, 2);
});

test('no counter goes backwards when a reload removes a listener and adds it again', async () => {
  const { metrics, scrape, snapshot } = openMetrics();
  await scrape();
  const [before] = snapshot.current.listeners;
  assert.ok(before !== undefined);
  snapshot.current = { ...snapshot.current, listeners: [{ ...before, accepted: 6 }] };
  metrics.sample();
  snapshot.current = { ...snapshot.current, listeners: [] };
  assertSamples(await scrape(), ['sluice_connections_accepted_total{listener="edge"} 6']);
  snapshot.current = { ...snapshot.current, listeners: [{ ...before, accepted: 1, bytesUp: 1, bytesDown: 1 }] };
  assertSamples(await scrape(), [
    'sluice_connections_accepted_total{listener="edge"} 7',
    'sluice_bytes_total{listener="edge",direction="up"} 11',
    'sluice_bytes_total{listener="edge",direction="down"} 21',
  ]);
});

test('a total is the sum of all that the engine counted, however often it began at zero', () => {
  const lives = fc.array(fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 5 }), { maxLength: 5 });
  fc.assert(
    fc.property(lives, (runs) => {
      const counters = new ListenerCounters();
      let expected = 0;
      for (const increments of runs) {
        let accepted = 0;
        const sample = (): void => counters.sample([{ name: 'edge', accepted, active: 0, bytesUp: 0, bytesDown: 0 }]);
        sample();
        for (const increment of increments) {
          accepted += increment;
          expected += increment;
          sample();
          const [entry] = Array.from(counters.entries());
          assert.equal(entry?.[1].accepted.total, expected);
        }
      }
    }),
  );
});

test('remembers a bounded number of listeners that are gone, never forgetting one that is there', () => {
  const counters = new ListenerCounters();
  const live = (name: string) => ({ name, accepted: 1, active: 0, bytesUp: 0, bytesDown: 0 });
  for (let n = 0; n < 5_000; n += 1) counters.sample([live('edge'), live(`old-${n}`)]);
  const names = Array.from(counters.entries(), ([name]) => name);
  assert.ok(names.length <= 1_026, String(names.length));
  assert.equal(names[0], 'edge');
});
