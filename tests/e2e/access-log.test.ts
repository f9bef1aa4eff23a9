/**
 * The access log: every field of a connection that went well, and the exact counts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessLineFields } from '@sluice/testkit/access-line.ts';
import { formatAddress } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

test('one line a connection, with every field exact', async (t) => {
  const origin = await startEchoOrigin(t);
  const route = routeTo('web', [`tcp4://localhost:${origin.port}`], { match: 'sni: ["*.example.com"]' });
  const sluice = await startSluice(t, { config: buildConfig({ routes: [route] }) });
  const client = await connectTcp(t, sluice.address('edge'));
  const hello = buildClientHello({ serverName: 'Www.Example.COM', alpn: ['h2', 'http/1.1'] });
  await pause(100);
  client.send(hello);
  await client.receive(hello.length);
  await pause(150);
  client.finish();
  assert.equal(await client.end(), 'Ended');
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual(
    Object.keys(line).filter((key) => (accessLineFields as readonly string[]).includes(key)),
    [...accessLineFields],
  );
  const { id, detectMs, decideMs, connectMs, firstByteMs, durationMs, ...rest } = line;
  assert.notEqual(id, '');
  for (const [key, value] of Object.entries({
    ...{
      listener: 'edge',
      client: client.localAddress,
      protocol: 'TLS',
      sni: 'www.example.com',
      alpn: ['h2', 'http/1.1'],
    },
    ...{ user: null, route: 'web', endpoint: `tcp4://localhost:${origin.port}`, upstream: formatAddress(origin) },
    ...{ bytesUp: hello.length, bytesDown: hello.length, closedBy: 'Client', reason: 'Finished' },
  })) {
    assert.deepEqual(rest[key as keyof typeof rest], value, key);
  }
  for (const phase of [detectMs, decideMs, connectMs, firstByteMs])
    assert.ok(phase !== null && phase >= 0, String(phase));
  assert.ok(detectMs !== null && detectMs >= 95 && detectMs < 1_000, `detectMs ${detectMs}`);
  assert.ok(durationMs >= 245 && durationMs < 2_000, `durationMs ${durationMs}`);
  assert.equal(sluice.logs((entry) => entry['msg'] === 'connection').length, 1);
});

test('ids differ, and phases not reached are null', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: rest, match: {}, action: Ban'] }) });
  const ids = new Set<string>();
  for (let count = 0; count < 20; count += 1) {
    const client = await connectTcp(t, sluice.address('edge'));
    client.finish();
    await client.end();
    const line = await findAccessLine(sluice, client.localAddress);
    ids.add(line.id);
    assert.deepEqual([line.connectMs, line.firstByteMs, line.endpoint, line.upstream], [null, null, null, null]);
  }
  assert.equal(ids.size, 20);
});

test('an IPv6 client is written in brackets', async (t) => {
  const sluice = await startSluice(t, {
    config: buildConfig({ bind: '[::1]:0', routes: ['name: rest, match: {}, action: Ban'] }),
  });
  const client = await connectTcp(t, sluice.address('edge'));
  client.finish();
  await client.end();
  assert.match((await findAccessLine(sluice, client.localAddress)).client, /^\[::1\]:\d+$/u);
});

test('bytes that could not be delivered are counted as received', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: rest, match: {}, action: Ban'] }) });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send('SSH-2.0-test\r\n');
  await client.end();
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.bytesUp, line.bytesDown, line.sni, line.alpn], [14, 0, null, []]);
});

test('what a client chooses cannot break a line', async (t) => {
  const routes = [
    'name: socks, match: { protocol: SOCKS5 }, action: ForwardProxy',
    'name: rest, match: {}, action: Ban',
  ];
  const sluice = await startSluice(t, { config: buildConfig({ routes }) });
  const openings = [
    Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login('\u001B[31m"\n{}\u202E', 'x')]),
    buildClientHello({ serverName: 'a\n.test', alpn: ['\u001B[2J', '"\n'] }),
    Buffer.from('GET /\u001B[2J HTTP/1.1\r\nhost: "\n\r\n\r\n'),
  ];
  for (const bytes of openings) {
    const client = await connectTcp(t, sluice.address('edge'));
    client.send(bytes);
    await client.end();
    client.finish();
    const line = await findAccessLine(sluice, client.localAddress);
    assert.ok(['AuthFailed', 'Banned', 'ProtocolError'].includes(line.reason), line.reason);
  }
  assert.deepEqual(sluice.strayOutput, []);
});
