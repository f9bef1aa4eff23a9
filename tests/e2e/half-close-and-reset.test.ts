/**
 * Ends of connections are passed on as they were: a half-close stays half, a reset stays a reset.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { startResetOrigin } from '@sluice/testkit/reset-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { sendPattern } from '@sluice/testkit/send-pattern.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp, TcpClient } from '@sluice/testkit/tcp-client.ts';
import { startTcpOrigin } from '@sluice/testkit/tcp-origin.ts';

async function startPair(t: TestContext, more = '') {
  const sockets: Socket[] = [];
  const origin = await startTcpOrigin(t, (socket) => void sockets.push(socket));
  const route = routeTo('all', [origin.url], more === '' ? {} : { more });
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [route] });
  const sluice = await startSluice(t, { config });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send('first');
  const upstream = await eventually(() => {
    const [socket] = sockets;
    assert.ok(socket, 'the origin was not reached');
    return new TcpClient(socket);
  });
  assert.equal((await upstream.receive(5)).toString(), 'first');
  return { sluice, client, upstream };
}

test('the client may end first and still be answered', async (t) => {
  const { sluice, client, upstream } = await startPair(t);
  client.finish();
  assert.equal(await upstream.end(), 'Ended');
  await pause(200);
  upstream.send('a late answer');
  upstream.finish();
  assert.equal((await client.receiveAll()).toString(), 'a late answer');
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.bytesUp, line.bytesDown], ['Finished', 5, 13]);
});

test('the origin may end first and still be sent to', async (t) => {
  const { client, upstream } = await startPair(t);
  upstream.send('bye');
  upstream.finish();
  assert.equal((await client.receiveAll()).toString(), 'bye');
  await pause(200);
  client.send('but one more thing');
  client.finish();
  assert.equal((await upstream.receiveAll()).toString(), 'but one more thing');
});

test('halfClose: false closes both sides at the end of the origin', async (t) => {
  const { client, upstream } = await startPair(t, 'halfClose: false');
  upstream.send('bye');
  upstream.finish();
  assert.equal((await client.receiveAll()).toString(), 'bye');
  assert.notEqual(await upstream.end(1_000), '');
});

test('a reset by the client reaches the origin as a reset', async (t) => {
  const { sluice, client, upstream } = await startPair(t);
  const clientAddress = client.localAddress;
  client.reset();
  assert.equal(await upstream.end(1_000), 'Reset');
  const line = await findAccessLine(sluice, clientAddress);
  assert.deepEqual([line.reason, line.closedBy], ['ClientReset', 'Client']);
});

test('a reset by the origin reaches the client as a reset', async (t) => {
  const { sluice, client, upstream } = await startPair(t);
  upstream.reset();
  assert.equal(await client.end(1_000), 'Reset');
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['UpstreamReset', 'Upstream']);
});

test('a reset after a half-close is passed on too', async (t) => {
  const { client, upstream } = await startPair(t);
  client.finish();
  assert.equal(await upstream.end(), 'Ended');
  upstream.reset();
  assert.equal(await client.end(1_000), 'Reset');
});

test('a reset in the middle of a bulk transfer ends both sides at once', async (t) => {
  const { client, upstream } = await startPair(t);
  const flood = sendPattern(upstream.socket, 'flood', 1024 * 1024 * 1024);
  await client.receive(4 * 1024 * 1024);
  client.reset();
  assert.equal(await upstream.end(1_000), 'Reset');
  await assert.rejects(flood);
});

test('what the origin said before its reset arrives', async (t) => {
  const origin = await startResetOrigin(t, 'last words');
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  const client = await connectTcp(t, (await startSluice(t, { config })).address('edge'));
  client.send('hello');
  assert.equal((await client.receive(10)).toString(), 'last words');
  assert.equal(await client.end(1_000), 'Reset');
});
