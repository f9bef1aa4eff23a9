/**
 * The actions that need no upstream: Ban, Echo, Health.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { exchangePatterns } from '@sluice/testkit/exchange-patterns.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const atOnce = 'detect: { protocols: [] }';

test('Ban closes without a byte and says so in the log', async (t) => {
  const sluice = await startSluice(t, { config: buildConfig({ routes: ['name: no, match: {}, action: Ban'] }) });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  assert.equal((await client.receiveAll()).length, 0);
  assert.equal(await client.end(), 'Ended');
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy, line.route, line.protocol], ['Banned', 'Policy', 'no', 'HTTP']);
});

test('Echo returns every byte in order, from 1 B to 64 MiB, and ends when the client has ended', async (t) => {
  const config = buildConfig({ listener: atOnce, routes: ['name: echo, match: {}, action: Echo'] });
  const sluice = await startSluice(t, { config });
  for (const sendBytes of [1, 70_000, 64 * 1024 * 1024]) {
    const { sent, received } = await exchangePatterns(t, sluice.address('edge'), { sendBytes, timeoutMs: 30_000 });
    assert.deepEqual(received, sent);
  }
});

test('Echo returns what detection had read', async (t) => {
  const config = buildConfig({ routes: ['name: echo, match: {}, action: Echo'] });
  const client = await connectTcp(t, (await startSluice(t, { config })).address('edge'));
  client.send('SSH-2.0-test\r\n');
  assert.equal(await client.receiveThrough('\n'), 'SSH-2.0-test\r\n');
  client.send('more');
  client.finish();
  assert.equal((await client.receiveAll()).toString(), 'more');
});

const health = buildConfig({ routes: ['name: health, match: { protocol: HTTP }, action: Health'] });

test('Health answers 200 to any path and method, on one connection, pipelined', async (t) => {
  const client = await connectTcp(t, (await startSluice(t, { config: health })).address('edge'));
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
  client.send(get('/') + get('/any/path?x') + get('/healthz'));
  for (let answers = 0; answers < 3; answers += 1) {
    const head = await client.receiveThrough('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 /u);
    await client.receive(Number(/content-length: (\d+)/iu.exec(head)?.[1] ?? Number.NaN));
  }
  client.send('POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello');
  assert.match(await client.receiveThrough('\r\n\r\n'), /^HTTP\/1\.1 200 /u);
});

test('Health answers HEAD without a body', async (t) => {
  const client = await connectTcp(t, (await startSluice(t, { config: health })).address('edge'));
  client.send('HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  const all = (await client.receiveAll()).toString();
  assert.match(all, /^HTTP\/1\.1 200 [^]*\r\n\r\n$/u);
  assert.equal(all.indexOf('\r\n\r\n'), all.length - 4);
});

test('Health closes after HTTP/1.0 and when asked to', async (t) => {
  const sluice = await startSluice(t, { config: health });
  for (const request of ['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nhost: a\r\nConnection: close\r\n\r\n']) {
    const client = await connectTcp(t, sluice.address('edge'));
    client.send(request);
    assert.match((await client.receiveAll()).toString(), /^HTTP\/1\.[01] 200 /u);
  }
});

test('Health answers a broken request with 400 and closes', async (t) => {
  const client = await connectTcp(t, (await startSluice(t, { config: health })).address('edge'));
  client.send('GET / HTTP/1.1\r\nno colon here\r\n\r\n');
  assert.match((await client.receiveAll()).toString(), /^HTTP\/1\.1 400 /u);
});

test('curl keeps one connection to Health for several requests', async (t) => {
  const { host, port } = (await startSluice(t, { config: health })).address('edge');
  const url = `http://${host}:${port}/`;
  const result = await runCommand('curl', [
    '-sS',
    '-w',
    '%{http_code} %{num_connects}\\n',
    '-o',
    '/dev/null',
    '-o',
    '/dev/null',
    url,
    url,
  ]);
  assert.equal(result.stdout, '200 1\n200 0\n', result.stderr);
});
