/**
 * What ends or refuses a connection by a figure of the configuration: limits.connections and every timeout.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { formatAddress } from '@sluice/testkit/address.ts';
import { openBlackHole } from '@sluice/testkit/black-hole-address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSilentOrigin } from '@sluice/testkit/silent-origin.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { eventually } from '@sluice/testkit/eventually.ts';

const atOnce = 'detect: { protocols: [] }';

async function startWith(t: TestContext, url: string | readonly string[], listener: string) {
  const urls = typeof url === 'string' ? [url] : url;
  const config = buildConfig({ listener: `${atOnce}, ${listener}`, routes: [routeTo('all', urls)] });
  const sluice = await startSluice(t, { config });
  return { sluice, edge: sluice.address('edge') };
}

function assertBetween(value: number, low: number, high: number): void {
  assert.ok(value >= low && value <= high, `${value} is not in ${low}…${high}`);
}

test('limits.connections: one more is closed at accept, and a freed place is taken', async (t) => {
  const { sluice, edge } = await startWith(t, (await startEchoOrigin(t)).url, 'limits: { connections: 3 }');
  const held = await Promise.all([1, 2, 3].map(() => connectTcp(t, edge)));
  for (const client of held) {
    client.send('x');
    await client.receive(1);
  }
  const surplus = await connectTcp(t, edge);
  assert.notEqual(await surplus.end(1_000), '');
  const line = await findAccessLine(sluice, surplus.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['LimitReached', 'Limit']);
  assert.ok((await sluice.metrics()).sum('sluice_limit_reached_total') >= 1);
  held[0]?.finish();
  await held[0]?.end();
  await eventually(async () => {
    const client = await connectTcp(t, edge);
    client.send('y');
    assert.equal((await client.receive(1, 500)).toString(), 'y');
  });
});

test('idle ends a connection on which no byte moves, and not one that is in use', async (t) => {
  const { sluice, edge } = await startWith(t, (await startEchoOrigin(t)).url, 'timeouts: { idle: 500ms }');
  const [still, busy] = [await connectTcp(t, edge), await connectTcp(t, edge)];
  still.send('x');
  const startedAt = performance.now();
  for (let beat = 0; beat < 8; beat += 1) {
    busy.send('x');
    await busy.receive(1);
    await pause(200);
  }
  await still.end(100);
  busy.finish();
  assert.equal(await busy.end(), 'Ended');
  assert.ok(performance.now() - startedAt > 1_500);
  const line = await findAccessLine(sluice, still.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['IdleTimeout', 'Deadline']);
  assertBetween(line.durationMs, 450, 1_500);
});

test('idle: 0s means no limit', async (t) => {
  const { edge } = await startWith(t, (await startEchoOrigin(t)).url, 'timeouts: { idle: 0s }');
  const client = await connectTcp(t, edge);
  await pause(1_500);
  client.send('x');
  assert.equal((await client.receive(1)).toString(), 'x');
});

test('halfClosed ends a connection whose open direction moves nothing', async (t) => {
  const { sluice, edge } = await startWith(t, (await startSilentOrigin(t)).url, 'timeouts: { halfClosed: 400ms }');
  const client = await connectTcp(t, edge);
  client.send('x');
  await pause(50);
  client.finish();
  await client.end(1_500);
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['HalfClosedTimeout', 'Deadline']);
  assertBetween(line.durationMs, 400, 1_600);
});

test('connectTotal bounds all attempts together', async (t) => {
  const holes = [await openBlackHole(t), await openBlackHole(t), await openBlackHole(t)];
  const urls = holes.map((hole) => `tcp://${formatAddress(hole)}`);
  const { sluice, edge } = await startWith(t, urls, 'timeouts: { connect: 400ms, connectTotal: 600ms }');
  const client = await connectTcp(t, edge);
  const startedAt = performance.now();
  await client.end(3_000);
  assertBetween(performance.now() - startedAt, 500, 1_600);
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['ConnectTimeout', 'Deadline']);
});

test('each attempt has its own connect timeout', async (t) => {
  const hole = await openBlackHole(t);
  const { sluice, edge } = await startWith(t, `tcp://${formatAddress(hole)}`, 'timeouts: { connect: 400ms }');
  const client = await connectTcp(t, edge);
  const startedAt = performance.now();
  await client.end(3_000);
  assertBetween(performance.now() - startedAt, 350, 1_400);
  client.finish();
  assert.equal((await findAccessLine(sluice, client.localAddress)).reason, 'ConnectTimeout');
});

test('a client that leaves during a connect is let go before the deadline', async (t) => {
  const hole = await openBlackHole(t);
  const { sluice, edge } = await startWith(
    t,
    `tcp://${formatAddress(hole)}`,
    'timeouts: { connect: 20s, connectTotal: 20s }',
  );
  const client = await connectTcp(t, edge);
  const address = client.localAddress;
  client.send('x');
  await pause(100);
  client.reset();
  const line = await findAccessLine(sluice, address, 2_000);
  assert.equal(line.closedBy, 'Client');
  assert.ok(['ClientGone', 'ClientReset'].includes(line.reason), line.reason);
});

test('a refused connect says so', async (t) => {
  const refusing = await findRefusingPort();
  const { sluice, edge } = await startWith(t, `tcp://${formatAddress(refusing)}`, 'noRoute: Close');
  const client = await connectTcp(t, edge);
  await client.end();
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.deepEqual([line.reason, line.closedBy], ['ConnectRefused', 'Upstream']);
  assert.equal(line.upstream, formatAddress(refusing));
});

test('a name that does not resolve says so', async (t) => {
  const { sluice, edge } = await startWith(t, 'tcp://sluice-test.invalid:443', 'timeouts: { connectTotal: 3s }');
  const client = await connectTcp(t, edge);
  await client.end(4_000);
  client.finish();
  const line = await findAccessLine(sluice, client.localAddress);
  assert.equal(line.reason, 'ResolveFailed');
  assert.equal(line.endpoint, 'tcp://sluice-test.invalid:443');
});
