/**
 * Two hundred reloads while a hundred streams flow and five hundred connections a second come: both ends keep a ledger, and
 * the ledgers must agree that nothing was cut, refused or misrouted. A control without the atomic swap must disagree.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { checkLedger, type Discrepancy } from '@sluice/testkit/check-ledger.ts';
import { Ledger, type LedgerEntry } from '@sluice/testkit/ledger.ts';
import { startLedgerOrigin } from '@sluice/testkit/ledger-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { runLedgerConnection } from '@sluice/testkit/run-ledger-connection.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';

const reloads = 200;
const reloadEveryMs = 180;
const streams = 100;
const connectionsPerSecond = 500;

interface Generation {
  readonly origin: string;
  readonly writtenAt: number;
  endedAt: number;
}

interface Bench {
  readonly ledger: Ledger;
  readonly configs: readonly string[];
  readonly generations: Generation[];
}

/** `stable.test` always goes to `stable`; `flip.test` to one origin, then the other, generation by generation. */
async function prepare(t: TestContext): Promise<Bench> {
  const ledger = new Ledger(() => performance.now());
  const [stable, left, right] = [
    await startLedgerOrigin(t, ledger, 'stable'),
    await startLedgerOrigin(t, ledger, 'left'),
    await startLedgerOrigin(t, ledger, 'right'),
  ];
  const configs = [left, right].map((flip, index) =>
    buildConfig({
      listener: `noRoute: Reset, timeouts: { idle: ${index + 50}s, drain: 200ms }`,
      routes: [
        routeTo('stable', [stable.url], { match: 'sni: ["stable.test"]' }),
        routeTo(`flip-${index}`, [flip.url], { match: 'sni: ["flip.test"]' }),
        ...Array.from(
          { length: 200 },
          (_unused, other) => `name: other-${other}, match: { sni: ["${other}.test"] }, action: Ban`,
        ),
      ],
    }),
  );
  const first = { origin: 'left', writtenAt: performance.now(), endedAt: Number.POSITIVE_INFINITY };
  return { ledger, configs, generations: [first] };
}

function allowedOrigins(bench: Bench): (client: LedgerEntry) => readonly string[] {
  return (client) => {
    if (client.label === 'stable.test') return ['stable'];
    const answeredAt = client.firstByteAt ?? client.closedAt ?? Number.POSITIVE_INFINITY;
    const live = bench.generations.filter(
      (generation) => generation.writtenAt <= answeredAt && generation.endedAt >= client.openedAt,
    );
    return [...new Set(live.map((generation) => generation.origin))];
  };
}

/** Writes the next generation and waits until it is in force: until then both are allowed. */
async function nextGeneration(bench: Bench, sluice: SluiceProcess): Promise<void> {
  const index = bench.generations.length % 2;
  const from = sluice.logPosition;
  const writtenAt = performance.now();
  bench.generations.push({ origin: index === 0 ? 'left' : 'right', writtenAt, endedAt: Number.POSITIVE_INFINITY });
  await sluice.replaceConfig(bench.configs[index] ?? '');
  const line = await sluice.waitForLog((entry) => String(entry['msg']).startsWith('reload'), {
    from,
    timeoutMs: 2_000,
  });
  assert.equal(line['msg'], 'reloaded', JSON.stringify(line));
  const previous = bench.generations.at(-2);
  if (previous !== undefined) previous.endedAt = performance.now();
}

function startStreams(bench: Bench, target: Address, finish: AbortSignal): Promise<void>[] {
  return Array.from({ length: streams }, (_unused, index) =>
    runLedgerConnection(bench.ledger, {
      ...{ target, serverName: index % 2 === 0 ? 'stable.test' : 'flip.test', finish },
      ...{ bursts: 0, countersPerBurst: 64, intervalMs: 200 },
    }),
  );
}

/** Short connections at the rate asked for, until told to finish. */
async function runShortConnections(bench: Bench, target: Address, finish: AbortSignal): Promise<void> {
  const running = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let opened = 0; !finish.aborted; await pause(10)) {
    const due = ((performance.now() - startedAt) / 1_000) * connectionsPerSecond;
    for (; opened < due; opened += 1) {
      const serverName = opened % 3 === 0 ? 'stable.test' : 'flip.test';
      const connection = runLedgerConnection(bench.ledger, { target, serverName, bursts: 1, countersPerBurst: 8 });
      running.add(connection);
      void connection.then(() => running.delete(connection));
    }
  }
  await Promise.all(running);
}

function summarise(bench: Bench, discrepancies: readonly Discrepancy[]): string {
  const counts = Object.entries(Object.groupBy(discrepancies, ({ kind }) => kind)).map(
    ([kind, list]) => `${kind} ${list.length}`,
  );
  const examples = discrepancies.slice(0, 5).map(({ kind, detail }) => `${kind}: ${detail}`);
  const clients = bench.ledger.entries.filter((entry) => entry.side === 'Client').length;
  return [`${clients} connections, ${bench.generations.length} generations`, ...counts, ...examples].join('; ');
}

test('200 reloads under load cut, refuse and misroute nothing', { timeout: 120_000 }, async (t) => {
  const bench = await prepare(t);
  const sluice = await startSluice(t, { config: bench.configs[0] ?? '' });
  const target = sluice.address('edge');
  const finishing = new AbortController();
  const load = [...startStreams(bench, target, finishing.signal), runShortConnections(bench, target, finishing.signal)];
  for (let reload = 0; reload < reloads; reload += 1) {
    const nextAt = performance.now() + reloadEveryMs;
    await nextGeneration(bench, sluice);
    await pause(Math.max(0, nextAt - performance.now()));
  }
  finishing.abort();
  await Promise.all(load);
  const discrepancies = checkLedger(bench.ledger.entries, allowedOrigins(bench));
  const summary = summarise(bench, discrepancies);
  t.diagnostic(summary);
  assert.equal(discrepancies.length, 0, summary);
  assert.equal((await sluice.metrics()).sum('sluice_config_reloads_total', { result: 'success' }), reloads);
});

test('control: the same ledger finds what a restart in place of the swap does', { timeout: 60_000 }, async (t) => {
  const bench = await prepare(t);
  const fixed = (config: string, port: number): string =>
    config.replace('bind: ["127.0.0.1:0"]', `bind: ["127.0.0.1:${port}"]`);
  const first = await startSluice(t, { config: bench.configs[0] ?? '' });
  const target = first.address('edge');
  const finishing = new AbortController();
  const load = [...startStreams(bench, target, finishing.signal), runShortConnections(bench, target, finishing.signal)];
  await pause(300);
  await first.stop();
  await startSluice(t, { config: fixed(bench.configs[1] ?? '', target.port) });
  await pause(300);
  finishing.abort();
  await Promise.all(load);
  const kinds = new Set(checkLedger(bench.ledger.entries, () => ['stable', 'left', 'right']).map(({ kind }) => kind));
  assert.ok(kinds.has('Cut') && kinds.has('Refused'), [...kinds].join(', '));
});

test('control: the same ledger finds a change that is applied in two steps', { timeout: 60_000 }, async (t) => {
  const bench = await prepare(t);
  const sluice = await startSluice(t, { config: bench.configs[0] ?? '' });
  const target = sluice.address('edge');
  const finishing = new AbortController();
  const load = [...startStreams(bench, target, finishing.signal), runShortConnections(bench, target, finishing.signal)];
  // What a reload without the atomic swap does: the old routes go, then the new ones come.
  const withoutRoutes = buildConfig({ listener: 'noRoute: Reset, timeouts: { idle: 50s, drain: 200ms }', routes: [] });
  for (let reload = 0; reload < 5; reload += 1) {
    const from = sluice.logPosition;
    await sluice.replaceConfig(withoutRoutes);
    await sluice.waitForLog(({ msg }) => msg === 'reloaded', { from });
    await nextGeneration(bench, sluice);
  }
  finishing.abort();
  await Promise.all(load);
  const discrepancies = checkLedger(bench.ledger.entries, allowedOrigins(bench));
  t.diagnostic(summarise(bench, discrepancies));
  assert.ok(discrepancies.length > 0, 'connections that came between the two steps found no route');
});
