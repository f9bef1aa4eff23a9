/**
 * Which endpoint a connection reaches: addresses of every kind, the next one when a connect fails, the balances.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Address, formatAddress } from '@sluice/testkit/address.ts';
import { openBlackHole } from '@sluice/testkit/black-hole-address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

const atOnce = 'detect: { protocols: [] }';

async function readName(t: TestContext, edge: Address, localAddress?: string): Promise<string> {
  const client = await connectTcp(t, { ...edge, ...(localAddress === undefined ? {} : { localAddress }) });
  const name = (await client.receiveThrough('\n')).trim();
  client.socket.destroy();
  return name;
}

async function reload(sluice: SluiceProcess, text: string): Promise<void> {
  const before = sluice.logs((line) => line['msg'] === 'reloaded').length;
  await sluice.replaceConfig(text);
  await eventually(() => assert.ok(sluice.logs((line) => line['msg'] === 'reloaded').length > before));
}

async function startTo(t: TestContext, urls: readonly string[], listener = atOnce, balance?: string) {
  const route = routeTo('all', urls, balance === undefined ? {} : { balance });
  const sluice = await startSluice(t, { config: buildConfig({ listener, routes: [route] }) });
  return { sluice, edge: sluice.address('edge') };
}

test('tcp, tcp4, tcp6, names and unix sockets', async (t) => {
  const four = await startNamedOrigin(t, 'four');
  const six = await startNamedOrigin(t, 'six', { host: '::1', port: four.port });
  const path = join(await createTemporaryDirectory(t), 'origin.sock');
  const unix = await startNamedOrigin(t, 'unix', { path });
  const cases: readonly (readonly [string, string])[] = [
    [four.url, 'four'],
    [`tcp4://localhost:${four.port}`, 'four'],
    [`tcp://localhost:${four.port}`, 'four'],
    [`tcp6://[::1]:${six.port}`, 'six'],
    [six.url, 'six'],
    [unix.url, 'unix'],
  ];
  for (const [url, name] of cases) {
    const { sluice, edge } = await startTo(t, [url]);
    const client = await connectTcp(t, edge);
    assert.equal(await client.receiveThrough('\n'), `${name}\n`, url);
    client.finish();
    assert.equal((await findAccessLine(sluice, client.localAddress)).endpoint, url);
  }
});

test('the next endpoint is tried when one refuses, and the bytes arrive there once', async (t) => {
  const refusing = `tcp://${formatAddress(await findRefusingPort())}`;
  const good = await startNamedOrigin(t, 'good');
  const { sluice, edge } = await startTo(t, [refusing, good.url], '');
  for (let count = 0; count < 4; count += 1) {
    const client = await connectTcp(t, edge);
    client.send('SSH-2.0-x\r\n');
    assert.equal(await client.receiveThrough('\n'), 'good\n');
    client.finish();
    const line = await findAccessLine(sluice, client.localAddress);
    assert.deepEqual([line.endpoint, line.upstream], [good.url, formatAddress(good)]);
    await eventually(() => assert.equal(good.received().at(-1)?.toString(), 'SSH-2.0-x\r\n'));
  }
  assert.equal(good.acceptedCount(), 4);
});

test('an endpoint that never answers costs one connect timeout, then the next is tried', async (t) => {
  const hole = await openBlackHole(t);
  const good = await startNamedOrigin(t, 'good');
  const { edge } = await startTo(
    t,
    [`tcp://${formatAddress(hole)}`, good.url],
    `${atOnce}, timeouts: { connect: 400ms }`,
  );
  const startedAt = performance.now();
  assert.equal(await readName(t, edge), 'good');
  const waitedMs = performance.now() - startedAt;
  assert.ok(waitedMs > 350 && waitedMs < 1_500, `${waitedMs} ms`);
});

test('a missing unix socket is one more failed connect', async (t) => {
  const good = await startNamedOrigin(t, 'good');
  const { edge } = await startTo(t, ['unix:///nonexistent/sluice.sock', good.url]);
  for (let count = 0; count < 3; count += 1) assert.equal(await readName(t, edge), 'good');
});

async function countNames(t: TestContext, edge: Address, connections: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < connections; index += 1) {
    const name = await readName(t, edge);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test('RoundRobin, the default, keeps to the weights exactly', async (t) => {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const to = `to: { endpoints: [{ url: "${a.url}" }, { url: "${b.url}", weight: 2 }] }`;
  const config = buildConfig({ listener: atOnce, routes: [`name: all, match: {}, ${to}`] });
  const sluice = await startSluice(t, { config });
  assert.deepEqual(await countNames(t, sluice.address('edge'), 30), { a: 10, b: 20 });
});

test('Random reaches every endpoint', async (t) => {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const { edge } = await startTo(t, [a.url, b.url], atOnce, 'Random');
  const counts = await countNames(t, edge, 60);
  // Fair coins show fewer than 10 of 60 once in ten million runs.
  assert.ok((counts['a'] ?? 0) >= 10 && (counts['b'] ?? 0) >= 10, JSON.stringify(counts));
});

test('LeastConnections counts those that are open', async (t) => {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const { edge, sluice } = await startTo(t, [a.url, b.url], atOnce, 'LeastConnections');
  const held = [];
  for (let count = 0; count < 10; count += 1) {
    const client = await connectTcp(t, edge);
    held.push((await client.receiveThrough('\n')).trim() === 'a' ? { client, at: 'a' } : { client, at: 'b' });
  }
  assert.deepEqual([a.openCount(), b.openCount()], [5, 5]);
  for (const { client, at } of held) if (at === 'a') client.finish();
  await Promise.all(held.filter(({ at }) => at === 'a').map(({ client }) => client.end()));
  // The balancer learns of an end when the log does: a close never wakes the decision thread by itself.
  await eventually(() => assert.equal(sluice.logs((line) => line['msg'] === 'connection').length, 5));
  const next = await Promise.all([1, 2, 3].map(() => connectTcp(t, edge)));
  for (const client of next) assert.equal(await client.receiveThrough('\n'), 'a\n');
});

test('the source decides: the longest prefix wins', async (t) => {
  const [wide, narrow, rest] = [
    await startNamedOrigin(t, 'wide'),
    await startNamedOrigin(t, 'narrow'),
    await startNamedOrigin(t, 'rest'),
  ];
  const routes = [
    routeTo('rest', [rest.url]),
    routeTo('wide', [wide.url], { match: 'sources: [127.1.0.0/16]' }),
    routeTo('narrow', [narrow.url], { match: 'sources: [127.1.2.0/24, "2001:db8::/32"]' }),
  ];
  const sluice = await startSluice(t, { config: buildConfig({ listener: atOnce, routes }) });
  const edge = sluice.address('edge');
  assert.equal(await readName(t, edge, '127.1.9.9'), 'wide');
  assert.equal(await readName(t, edge, '127.1.2.3'), 'narrow');
  assert.equal(await readName(t, edge, '127.0.0.1'), 'rest');
});

test('a route that names a listener is taken there only', async (t) => {
  const [a, b] = [await startNamedOrigin(t, 'a'), await startNamedOrigin(t, 'b')];
  const config = `admin: { bind: "127.0.0.1:0" }
listeners:
  - { name: one, bind: ["127.0.0.1:0", "[::1]:0"], detect: { protocols: [] } }
  - { name: two, bind: ["127.0.0.1:0"], detect: { protocols: [] } }
routes:
  - { ${routeTo('every', [a.url])} }
  - { ${routeTo('second', [b.url], { more: 'listeners: [two]' })} }
`;
  const sluice = await startSluice(t, { config });
  assert.equal(await readName(t, sluice.address('one')), 'a');
  assert.equal(await readName(t, sluice.address('one', 1)), 'a');
  assert.equal(await readName(t, sluice.address('two')), 'b');
});

test('a proxy that knows its zone keeps to the endpoints of that zone, and says NoEndpoint where there is none at all', async (t) => {
  const [here, there] = [await startNamedOrigin(t, 'here'), await startNamedOrigin(t, 'there')];
  const config = (zone: string): string => {
    const endpoints = `[{ url: "${here.url}", zones: [eu-a] }, { url: "${there.url}", zones: [eu-b, eu-c] }]`;
    const routes = [`name: all, to: { endpoints: ${endpoints} }`];
    return buildConfig({ listener: atOnce, routes, top: zone === '' ? '' : `zone: ${zone}` });
  };
  const sluice = await startSluice(t, { config: config('eu-a') });
  const edge = sluice.address('edge');
  const names = async (): Promise<readonly string[]> => {
    const read: string[] = [];
    for (let count = 0; count < 4; count += 1) read.push(await readName(t, edge));
    return read;
  };
  assert.deepEqual(await names(), ['here', 'here', 'here', 'here']);
  await reload(sluice, config('eu-c'));
  assert.deepEqual(await names(), ['there', 'there', 'there', 'there']);
  for (const zone of ['eu-d', '']) {
    await reload(sluice, config(zone));
    assert.deepEqual((await names()).toSorted(), ['here', 'here', 'there', 'there']);
  }
  await reload(sluice, buildConfig({ listener: atOnce, routes: ['name: all, to: { endpoints: [] }'] }));
  const refused = await connectTcp(t, edge);
  assert.equal((await refused.receiveAll()).length, 0);
  const { reason, route, closedBy } = await findAccessLine(sluice, refused.localAddress);
  assert.deepEqual([reason, route, closedBy], ['NoEndpoint', 'all', 'Upstream']);
});
