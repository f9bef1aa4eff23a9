/**
 * Stopping: not ready at once, nothing new accepted, what runs may finish inside the drain, the rest is cut and counted.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp, type TcpClient } from '@sluice/testkit/tcp-client.ts';

async function startDraining(t: TestContext, drain: string): Promise<SluiceProcess> {
  const origin = await startEchoOrigin(t);
  const listener = `detect: { protocols: [] }, timeouts: { drain: ${drain} }`;
  return await startSluice(t, { config: buildConfig({ listener, routes: [routeTo('all', [origin.url])] }) });
}

async function openStream(t: TestContext, sluice: SluiceProcess): Promise<TcpClient> {
  const client = await connectTcp(t, sluice.address('edge'));
  client.send('a');
  await client.receive(1);
  return client;
}

function numbersIn(line: unknown): number[] {
  return [...JSON.stringify(line ?? {}).matchAll(/"[A-Za-z]*[cC](?:ut|onnections)[A-Za-z]*":(\d+)/gu)].map((match) =>
    Number(match[1]),
  );
}

test('while it drains: 503 at once, no new connection, the old ones served, admin alive, exit 0', async (t) => {
  const sluice = await startDraining(t, '20s');
  const client = await openStream(t, sluice);
  const edge = sluice.address('edge');
  sluice.signal('SIGTERM');
  await eventually(async () => assert.equal((await sluice.fetchAdmin('/readyz')).status, 503), { timeoutMs: 500 });
  assert.equal((await sluice.fetchAdmin('/healthz')).status, 200);
  await eventually(() => assert.rejects(connectTcp(t, edge), /ECONNREFUSED/u), { timeoutMs: 1_000 });
  await pause(500);
  client.send('still here');
  assert.equal((await client.receive(10)).toString(), 'still here');
  assert.equal((await sluice.fetchAdmin('/metrics')).status, 200);
  client.finish();
  assert.equal(await client.end(), 'Ended');
  assert.deepEqual(await sluice.exited, { code: 0, signal: null });
  assert.deepEqual(numbersIn(sluice.lastLog), [0], JSON.stringify(sluice.lastLog));
});

test('who asks for a reload while it drains is refused, and nothing changes', async (t) => {
  const sluice = await startDraining(t, '20s');
  const client = await openStream(t, sluice);
  sluice.signal('SIGTERM');
  await sluice.waitForLog((line) => line['msg'] === 'stopping');
  sluice.signal('SIGHUP');
  const refused = await sluice.waitForLog((line) => line['msg'] === 'reload rejected');
  assert.match(String(refused['errors']), /:1:1: sluice is stopping: .+ \(.+\)$/u);
  client.send('still here');
  assert.equal((await client.receive(10)).toString(), 'still here');
  client.finish();
  assert.deepEqual(await sluice.exited, { code: 0, signal: null });
  assert.equal(sluice.lastLog?.['msg'], 'stopped');
});

test('what is left at the end of the drain is cut, logged and counted in the last line', async (t) => {
  const sluice = await startDraining(t, '700ms');
  const clients = await Promise.all([1, 2, 3].map(() => openStream(t, sluice)));
  const startedAt = performance.now();
  assert.deepEqual(await sluice.stop('SIGINT'), { code: 0, signal: null });
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs > 650 && tookMs < 3_000, `${tookMs} ms`);
  await Promise.all(clients.map((client) => client.end()));
  const cut = sluice.logs((line) => line['msg'] === 'connection' && line['reason'] === 'DrainTimeout');
  assert.equal(cut.length, 3);
  assert.ok(cut.every((line) => line['closedBy'] === 'Drain'));
  assert.ok(numbersIn(sluice.lastLog).includes(3), JSON.stringify(sluice.lastLog));
});

test('a second signal ends it at once, with exit code 0', async (t) => {
  const sluice = await startDraining(t, '60s');
  const client = await openStream(t, sluice);
  sluice.signal('SIGTERM');
  await pause(300);
  const startedAt = performance.now();
  assert.deepEqual(await sluice.stop('SIGTERM'), { code: 0, signal: null });
  assert.ok(performance.now() - startedAt < 1_500);
  await client.end();
  assert.ok(numbersIn(sluice.lastLog).includes(1), JSON.stringify(sluice.lastLog));
});

test('without connections it ends at once', async (t) => {
  const sluice = await startDraining(t, '60s');
  const startedAt = performance.now();
  assert.deepEqual(await sluice.stop(), { code: 0, signal: null });
  assert.ok(performance.now() - startedAt < 1_500);
});

test('a connection still being detected does not outlive the drain', async (t) => {
  const config = buildConfig({
    listener: 'detect: { timeout: 30s }, timeouts: { drain: 500ms }',
    routes: ['name: rest, match: {}, action: Ban'],
  });
  const sluice = await startSluice(t, { config });
  const client = await connectTcp(t, sluice.address('edge'));
  client.send('SS');
  await pause(100);
  assert.equal((await sluice.stop()).code, 0);
  await client.end();
});
