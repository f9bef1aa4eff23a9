/**
 * PROXY protocol headers: honoured from trusted sources, data from anyone else.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { buildProxyHeaderV1, buildProxyHeaderV2, buildProxyHeaderV2Local } from '@sluice/testkit/proxy-header.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const [trusted, stranger] = ['127.0.0.1', '127.0.0.2'];
const destination = { host: '198.51.100.1', port: 443 };
const banner = Buffer.from('SSH-2.0-client\r\n');

async function startTrusting(t: TestContext) {
  const [inside, rest] = [await startNamedOrigin(t, 'inside'), await startNamedOrigin(t, 'rest')];
  const config = buildConfig({
    listener: `detect: { timeout: 500ms }, proxyProtocol: { trust: [${trusted}/32] }`,
    routes: [
      routeTo('inside', [inside.url], { match: 'protocol: SSH, sources: [203.0.113.0/24, "2001:db8::/32"]' }),
      routeTo('rest', [rest.url]),
    ],
  });
  const sluice = await startSluice(t, { config });
  return { inside, rest, sluice, edge: sluice.address('edge') };
}

const four = { host: '203.0.113.7', port: 5_000 };
const six = { host: '2001:db8::7', port: 5_001 };
const headers: readonly (readonly [string, Buffer, string])[] = [
  ['version 1, IPv4', buildProxyHeaderV1(four, destination), '203.0.113.7:5000'],
  ['version 1, IPv6', buildProxyHeaderV1(six, { host: '2001:db8::1', port: 443 }), '[2001:db8::7]:5001'],
  ['version 2', buildProxyHeaderV2({ ...four, port: 5_002 }, destination), '203.0.113.7:5002'],
  [
    'version 2 with values behind the addresses',
    buildProxyHeaderV2({ ...four, port: 5_003 }, destination, Buffer.from([0x04, 0, 3, 1, 2, 3])),
    '203.0.113.7:5003',
  ],
];

test('a trusted header gives the client its address, and does not reach the origin', async (t) => {
  const { edge, inside, sluice } = await startTrusting(t);
  for (const [what, header, client] of headers) {
    const connection = await connectTcp(t, { ...edge, localAddress: trusted });
    connection.send(Buffer.concat([header, banner]));
    assert.equal(await connection.receiveThrough('\n'), 'inside\n', what);
    connection.finish();
    const line = await findAccessLine(sluice, client);
    assert.deepEqual([line.protocol, line.route], ['SSH', 'inside']);
    await eventually(() => assert.ok(inside.received().at(-1)?.equals(banner), what));
  }
});

test('an end behind a header, before any byte of the client, closes and reaches no origin', async (t) => {
  const { edge, rest, sluice } = await startTrusting(t);
  const connection = await connectTcp(t, { ...edge, localAddress: trusted });
  connection.send(buildProxyHeaderV1(four, destination));
  connection.finish();
  assert.equal(await connection.end(), 'Ended');
  const { reason, closedBy, route } = await findAccessLine(sluice, '203.0.113.7:5000');
  assert.deepEqual([reason, closedBy, route], ['ClientGone', 'Client', null]);
  assert.equal(rest.acceptedCount(), 0);
});

test('a header may come in pieces', async (t) => {
  const { edge } = await startTrusting(t);
  for (const [what, header] of headers) {
    const connection = await connectTcp(t, { ...edge, localAddress: trusted });
    for (const byte of Buffer.concat([header, banner])) {
      connection.send(Buffer.from([byte]));
      await pause(1);
    }
    assert.equal(await connection.receiveThrough('\n'), 'inside\n', what);
  }
});

test('LOCAL and UNKNOWN leave the peer its own address', async (t) => {
  const { edge, sluice } = await startTrusting(t);
  for (const header of [buildProxyHeaderV2Local(), Buffer.from('PROXY UNKNOWN\r\n')]) {
    const connection = await connectTcp(t, { ...edge, localAddress: trusted });
    connection.send(Buffer.concat([header, banner]));
    assert.equal(await connection.receiveThrough('\n'), 'rest\n');
    connection.finish();
    assert.equal((await findAccessLine(sluice, connection.localAddress)).protocol, 'SSH');
  }
});

test('a trusted source without a header, or with a broken one, is refused', async (t) => {
  const { edge, sluice, inside, rest } = await startTrusting(t);
  const broken = [
    'PROXY TCP4 203.0.113.7 198.51.100.1 99999 443\r\n',
    'PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n',
    'PROXY TCP5\r\n',
    '',
  ];
  for (const header of broken) {
    const connection = await connectTcp(t, { ...edge, localAddress: trusted });
    connection.send(Buffer.concat([Buffer.from(header), banner]));
    await connection.end();
    connection.finish();
    const line = await findAccessLine(sluice, connection.localAddress);
    assert.equal(line.reason, 'ProtocolError', JSON.stringify(header));
  }
  assert.deepEqual([inside.acceptedCount(), rest.acceptedCount()], [0, 0]);
});

test('a header from a stranger is data: it gives no address and reaches the origin as it came', async (t) => {
  const { edge, rest, sluice } = await startTrusting(t);
  for (const [what, header] of headers) {
    const connection = await connectTcp(t, { ...edge, localAddress: stranger });
    connection.send(Buffer.concat([header, banner]));
    assert.equal(await connection.receiveThrough('\n'), 'rest\n', what);
    connection.finish();
    const line = await findAccessLine(sluice, connection.localAddress);
    assert.equal(line.protocol, 'Unknown', what);
    await eventually(() =>
      assert.ok(
        rest
          .received()
          .at(-1)
          ?.equals(Buffer.concat([header, banner])),
        what,
      ),
    );
  }
});
