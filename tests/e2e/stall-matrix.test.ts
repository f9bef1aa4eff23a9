/**
 * Every prefix of every protocol, then silence: the connection is over by its deadline and one second, and the process holds
 * as many descriptors as before.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { countFileDescriptors } from '@sluice/testkit/process-usage.ts';
import { buildProxyHeaderV1, buildProxyHeaderV2 } from '@sluice/testkit/proxy-header.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';

const deadlineMs = 300;
const graceMs = 1_000;
const parallel = 250;

const source = { host: '203.0.113.7', port: 5_000 };
const destination = { host: '198.51.100.1', port: 443 };

/** Complete openings; the forward proxy's go on to a request that will be refused. */
const openings: Readonly<Record<string, Buffer>> = {
  TLS: buildClientHello({ serverName: 'a.test', alpn: ['h2'], minimumBytes: 590 }),
  'large TLS': buildClientHello({ serverName: 'a.test', minimumBytes: 16_000 }),
  SSH: Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
  HTTP: Buffer.from('GET /path?query HTTP/1.1\r\nhost: a.test\r\nuser-agent: stall\r\n\r\n'),
  'HTTP CONNECT': Buffer.from(
    'CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\nproxy-authorization: Basic YTpi\r\n\r\n',
  ),
  HTTP2: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  SOCKS5: Buffer.concat([
    buildSocks5Greeting([0, 2]),
    buildSocks5Login('alice', 'wrong password'),
    buildSocks5Connect('a.test', 443),
  ]),
  SOCKS4: Buffer.from('\x04\x01\x01\xbb\0\0\0\x01user\0a.test\0', 'latin1'),
  'nothing known': Buffer.from('\x7f\0\x01\x02 no protocol', 'latin1'),
};

const proxyHeaders: Readonly<Record<string, Buffer>> = {
  'PROXY v1': Buffer.concat([buildProxyHeaderV1(source, destination), Buffer.from('SSH-2.0-x\r\n')]),
  'PROXY v2': Buffer.concat([buildProxyHeaderV2(source, destination), Buffer.from('SSH-2.0-x\r\n')]),
};

function* prefixesOf(bytes: Buffer): Generator<Buffer> {
  for (let length = 0; length <= Math.min(bytes.length, 600); length += 1) yield bytes.subarray(0, length);
  for (let length = 601; length < bytes.length; length += 487) yield bytes.subarray(0, length);
}

/** Sends `prefix`, then nothing; resolves with how long the other side kept the connection. */
async function stall(edge: Address, localAddress: string, prefix: Buffer): Promise<number> {
  const socket = connect({ host: edge.host, port: edge.port, localAddress, allowHalfOpen: true });
  const startedAt = performance.now();
  socket.write(prefix);
  socket.resume();
  const limitMs = deadlineMs + graceMs + 5_000;
  const heldMs = await new Promise<number>((resolve) => {
    let isConnected = false;
    // A connection that was never accepted proves nothing about deadlines.
    const over = (): void => resolve(isConnected ? performance.now() - startedAt : Number.POSITIVE_INFINITY);
    socket.on('connect', () => {
      isConnected = true;
    });
    socket.setTimeout(limitMs, () => resolve(Number.POSITIVE_INFINITY));
    for (const event of ['end', 'error', 'close']) socket.on(event, over);
  });
  socket.destroy();
  return heldMs;
}

async function findLate(edge: Address, localAddress: string, bytes: Buffer): Promise<string[]> {
  const late: string[] = [];
  const prefixes = [...prefixesOf(bytes)];
  for (let start = 0; start < prefixes.length; start += parallel) {
    const batch = prefixes.slice(start, start + parallel);
    const times = await Promise.all(batch.map((prefix) => stall(edge, localAddress, prefix)));
    for (const [index, heldMs] of times.entries()) {
      if (heldMs > deadlineMs + graceMs) late.push(`${batch[index]?.length} bytes: ${heldMs.toFixed(0)} ms`);
    }
  }
  return late;
}

test('no stalled opening holds its slot beyond the deadline', async (t) => {
  const times = `connect: ${deadlineMs}ms, connectTotal: ${deadlineMs}ms, idle: ${deadlineMs}ms, halfClosed: ${deadlineMs}ms`;
  const config = buildConfig({
    listener: `detect: { timeout: ${deadlineMs}ms }, timeouts: { ${times} }, proxyProtocol: { trust: [127.0.0.9/32] }`,
    routes: [
      'name: connect, match: { protocol: HTTP, sources: [127.0.0.2/32] }, action: ForwardProxy',
      'name: health, match: { protocol: HTTP }, action: Health',
      'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
      'name: rest, match: {}, action: Ban',
    ],
    users: [`name: alice, password: { scrypt: "${createScryptVerifier('secret')}" }`],
  });
  const sluice = await startSluice(t, { config });
  const edge = sluice.address('edge');
  await stall(edge, '127.0.0.1', Buffer.from('SSH-'));
  const before = await countFileDescriptors(sluice.pid);
  for (const [name, bytes] of Object.entries(openings)) {
    const localAddress = name === 'HTTP CONNECT' ? '127.0.0.2' : '127.0.0.1';
    await t.test(name, async () => assert.deepEqual(await findLate(edge, localAddress, bytes), []));
  }
  for (const [name, bytes] of Object.entries(proxyHeaders)) {
    await t.test(name, async () => assert.deepEqual(await findLate(edge, '127.0.0.9', bytes), []));
  }
  await t.test('descriptors and the gauge return to the start', async () => {
    await eventually(async () => {
      assert.equal((await sluice.metrics()).sum('sluice_connections_active'), 0);
      assert.ok((await countFileDescriptors(sluice.pid)) <= before + 4);
    });
  });
});
