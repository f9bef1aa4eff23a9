/**
 * The admin listener's figures equal what clients counted, and carry no label whose values a client chooses.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { exchangePatterns } from '@sluice/testkit/exchange-patterns.ts';
import { startHashingOrigin } from '@sluice/testkit/hashing-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const promised = [
  ...['sluice_connections_accepted_total', 'sluice_connections_active', 'sluice_connections_closed_total'],
  ...[
    'sluice_bytes_total',
    'sluice_config_reloads_total',
    'sluice_limit_reached_total',
    'sluice_log_lines_dropped_total',
  ],
  'sluice_connection_phase_seconds_bucket',
];

test('counters equal what clients counted', async (t) => {
  const origin = await startHashingOrigin(t, { sendBytes: 300_000 });
  const sluice = await startSluice(t, {
    config: buildConfig({
      routes: [routeTo('tls', [origin.url], { match: 'protocol: TLS' }), 'name: rest, match: {}, action: Ban'],
    }),
  });
  const edge = sluice.address('edge');
  const preface = buildClientHello({ serverName: 'a.test' });
  await Promise.all(Array.from({ length: 20 }, () => exchangePatterns(t, edge, { sendBytes: 100_000, preface })));
  for (let count = 0; count < 7; count += 1) {
    const client = await connectTcp(t, edge);
    client.send('SSH-2.0-x\r\n');
    await client.end();
    client.finish();
  }
  await eventually(async () => {
    const metrics = await sluice.metrics();
    const edgeOnly = { listener: 'edge' };
    assert.equal(metrics.sum('sluice_connections_accepted_total', edgeOnly), 27);
    assert.equal(metrics.sum('sluice_connections_active', edgeOnly), 0);
    assert.equal(metrics.sum('sluice_connections_closed_total', { ...edgeOnly, reason: 'Finished' }), 20);
    assert.equal(metrics.sum('sluice_connections_closed_total', { ...edgeOnly, reason: 'Banned' }), 7);
    assert.equal(metrics.sum('sluice_connections_closed_total'), 27);
    const up = 20 * (100_000 + preface.length) + 7 * 11;
    assert.equal(metrics.sum('sluice_bytes_total', { ...edgeOnly, direction: 'up' }), up);
    assert.equal(metrics.sum('sluice_bytes_total', { ...edgeOnly, direction: 'down' }), 20 * 300_000);
    assert.ok(metrics.sum('sluice_connection_phase_seconds_count') >= 20);
    for (const name of promised) assert.ok(metrics.has(name), name);
  });
});

test('no label takes a value from a client', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: rest, match: {}, action: Ban'] }) });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send(buildClientHello({ serverName: 'chosen-by-client.test', alpn: ['chosen-too'] }));
  await client.end();
  const text = await (await sluice.fetchAdmin('/metrics')).text();
  assert.doesNotMatch(text, /chosen|127\.0\.0\.1/u);
});

/** What a table of docs/operations.md has in its first column, below that heading. */
async function documented(heading: string): Promise<readonly string[]> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const section = page.split(/^## /mu).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const names = Array.from(section.matchAll(/^\| (`.*?`) \|/gmu), ([, cell = '']) =>
    cell.split(', ').map((text) => text.replaceAll('`', '').replace(/\{.*/u, '')),
  );
  return names.flatMap(([first = '', ...more]) => [
    first,
    ...more.map((name) => name.replace('…_max', first.replace('_in_use', '_max'))),
  ]);
}

test('metrics and limits are those of the manual, no more and no fewer', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: rest, match: {}, action: Ban'] }) });
  const text = await (await sluice.fetchAdmin('/metrics')).text();
  const exported = Array.from(text.matchAll(/^# TYPE (sluice_\S+)/gmu), ([, name = '']) => name);
  const metrics = (await documented('Metrics')).filter((name) => name.startsWith('sluice_'));
  assert.deepEqual(exported.toSorted(), metrics.toSorted());
  const limits = Array.from(text.matchAll(/^sluice_limit_reached_total\{limit="([^"]+)"/gmu), ([, name = '']) => name);
  const named = (await documented('Limits')).filter((name) => name !== 'limit');
  assert.deepEqual(limits.toSorted(), named.toSorted());
});

test('the gauge counts open connections, and bytes of open connections are counted as they flow', async (t) => {
  const origin = await startEchoOrigin(t);
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  const sluice = await startSluice(t, { config });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send(Buffer.alloc(100_000));
  await client.receive(100_000);
  await eventually(async () => {
    const metrics = await sluice.metrics();
    assert.equal(metrics.sum('sluice_connections_active'), 1);
    assert.equal(metrics.sum('sluice_bytes_total', { direction: 'down' }), 100_000);
  });
});

test('/metrics is Prometheus text, /v1/ is JSON, and an unknown path is 404', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: rest, match: {}, action: Ban'] }) });
  assert.match((await sluice.fetchAdmin('/metrics')).headers.get('content-type') ?? '', /^text\/plain/u);
  assert.equal((await sluice.fetchAdmin('/nothing')).status, 404);
  const body: unknown = await (await sluice.fetchAdmin('/v1/')).json();
  assert.equal(typeof body, 'object');
});
