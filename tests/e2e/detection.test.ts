/**
 * What a client sees of detection: silence, an early end, bytes that fit nothing, and routing without looking.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig, type ConfigParts } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { eventually } from '@sluice/testkit/eventually.ts';

async function startWithCatchAll(t: TestContext, listener: string) {
  const [tls, rest] = [await startNamedOrigin(t, 'tls'), await startNamedOrigin(t, 'rest')];
  const routes = [routeTo('tls', [tls.url], { match: 'protocol: TLS' }), routeTo('rest', [rest.url])];
  const sluice = await startSluice(t, { config: buildConfig({ listener, routes }) });
  return { tls, rest, sluice, edge: sluice.address('edge') };
}

async function startWithoutRoute(t: TestContext, parts: Partial<ConfigParts>) {
  const sluice = await startSluice(t, {
    config: buildConfig({ routes: ['name: ssh, match: { protocol: SSH }, action: Ban'], ...parts }),
  });
  return { sluice, edge: sluice.address('edge') };
}

test('a silent client is Unknown at its deadline and a server that speaks first greets it', async (t) => {
  const { edge, sluice } = await startWithCatchAll(t, 'detect: { timeout: 400ms }');
  const startedAt = performance.now();
  const client = await connectTcp(t, edge);
  assert.equal(await client.receiveThrough('\n'), 'rest\n');
  const waitedMs = performance.now() - startedAt;
  assert.ok(waitedMs > 350 && waitedMs < 1_400, `${waitedMs} ms`);
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.protocol, line.route, line.reason], ['Unknown', 'rest', 'Finished']);
});

test('single bytes do not extend the deadline', async (t) => {
  const { edge } = await startWithCatchAll(t, 'detect: { timeout: 400ms }');
  const client = await connectTcp(t, edge);
  const startedAt = performance.now();
  const hello = buildClientHello({ serverName: 'a.test' });
  for (let offset = 0; client.buffered === 0 && offset < 40; offset += 1) {
    client.send(hello.subarray(offset, offset + 1));
    await pause(50);
  }
  assert.equal(await client.receiveThrough('\n'), 'rest\n');
  assert.ok(performance.now() - startedAt < 1_400);
});

test('bytes that fit nothing are routed at once, and arrive as they came', async (t) => {
  const { edge, rest } = await startWithCatchAll(t, 'detect: { timeout: 30s }');
  for (const bytes of ['\0\x01\x02\x03', '\x16\x03\x01\x00\x05\x02\0\0\0\0', 'GARBAGE \x7f']) {
    const client = await connectTcp(t, edge);
    client.send(Buffer.from(bytes, 'latin1'));
    assert.equal(await client.receiveThrough('\n'), 'rest\n');
    await eventually(() => assert.equal(rest.received().at(-1)?.toString('latin1'), bytes));
  }
});

test('more than 64 KiB undecided is Unknown', async (t) => {
  const { edge, rest } = await startWithCatchAll(t, 'detect: { timeout: 30s }');
  const client = await connectTcp(t, edge);
  const record = buildClientHello({ serverName: 'a.test', minimumBytes: 16_000 });
  // A handshake of 200 000 bytes in records of 16 000 that never ends.
  record.writeUIntBE(200_000, 6, 3);
  const more = Buffer.concat([Buffer.from([0x16, 3, 1, 0x3e, 0x80]), Buffer.alloc(16_000)]);
  const all = Buffer.concat([record, more, more, more, more]);
  client.send(all);
  assert.equal(await client.receiveThrough('\n'), 'rest\n');
  await eventually(() => assert.ok(rest.received().at(-1)?.equals(all)));
});

test('an end after some bytes is Unknown, routed, and the answer arrives', async (t) => {
  const { edge, rest } = await startWithCatchAll(t, 'detect: { timeout: 30s }');
  const client = await connectTcp(t, edge);
  client.send('SS');
  client.finish();
  assert.equal((await client.receiveAll()).toString(), 'rest\n');
  await eventually(() => assert.equal(rest.received().at(-1)?.toString(), 'SS'));
});

test('an end before any byte closes and reaches no origin', async (t) => {
  const { edge, rest, sluice } = await startWithCatchAll(t, 'detect: { timeout: 30s }');
  const client = await connectTcp(t, edge);
  client.finish();
  assert.equal((await client.receiveAll()).length, 0);
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy, line.route], ['ClientGone', 'Client', null]);
  assert.equal(rest.acceptedCount(), 0);
});

test('what nothing matches is closed, or reset where the listener says so', async (t) => {
  for (const [noRoute, outcome] of [
    ['Close', 'Ended'],
    ['Reset', 'Reset'],
  ] as const) {
    const { edge, sluice } = await startWithoutRoute(t, { listener: `noRoute: ${noRoute}` });
    const client = await connectTcp(t, edge);
    client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.equal(await client.end(), outcome);
    client.finish();
    const line = await findAccessLine(sluice, client.localAddress);
    assert.deepEqual([line.reason, line.closedBy, line.route, line.protocol], ['NoRoute', 'Policy', null, 'HTTP']);
  }
});

test('silence that nothing matches ends at the deadline and is logged as such', async (t) => {
  const { edge, sluice } = await startWithoutRoute(t, { listener: 'detect: { timeout: 300ms }' });
  const client = await connectTcp(t, edge);
  assert.equal(await client.end(1_300), 'Ended');
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.ok(['DetectTimeout', 'NoRoute'].includes(line.reason), line.reason);
});

test('protocols: [] routes at once and looks at nothing', async (t) => {
  const { edge, sluice } = await startWithCatchAll(t, 'detect: { timeout: 30s, protocols: [] }');
  const silent = await connectTcp(t, edge);
  assert.equal(await silent.receiveThrough('\n', 1_000), 'rest\n');
  const speaking = await connectTcp(t, edge);
  speaking.send(buildClientHello({ serverName: 'a.test' }));
  assert.equal(await speaking.receiveThrough('\n'), 'rest\n');
  speaking.finish();
  const line = await findAccessLine(sluice, speaking.localAddress);
  assert.deepEqual([line.protocol, line.sni], ['Unknown', null]);
});

test('protocols narrows what is looked for', async (t) => {
  const { edge } = await startWithCatchAll(t, 'detect: { timeout: 30s, protocols: [SSH, HTTP] }');
  const client = await connectTcp(t, edge);
  client.send(buildClientHello({ serverName: 'a.test' }));
  assert.equal(await client.receiveThrough('\n'), 'rest\n');
});

const openings: readonly (readonly [string, Buffer])[] = [
  ['TLS', buildClientHello({ serverName: 'a.test' })],
  ['SSH', Buffer.from('SSH-')],
  ['HTTP', Buffer.from('OPTIONS * HTTP/1.1\r\n')],
  ['HTTP2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['SOCKS5', Buffer.from([5, 2, 0, 2])],
  ['SOCKS4', Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0x75, 0])],
];

test('each protocol is decided by the bytes it needs, and not one sooner', async (t) => {
  const origins = await Promise.all(openings.map(([protocol]) => startNamedOrigin(t, protocol)));
  const routes = openings.map(([protocol], index) =>
    routeTo(protocol.toLowerCase(), [origins[index]?.url ?? ''], { match: `protocol: ${protocol}` }),
  );
  const config = buildConfig({ listener: 'detect: { timeout: 30s }', routes });
  const edge = (await startSluice(t, { config })).address('edge');
  await Promise.all(
    openings.map(async ([protocol, bytes]) => {
      const client = await connectTcp(t, edge);
      client.send(bytes.subarray(0, -1));
      await pause(150);
      assert.equal(client.buffered, 0, `${protocol} decided too soon`);
      client.send(bytes.subarray(-1));
      assert.equal(await client.receiveThrough('\n'), `${protocol}\n`);
    }),
  );
});
