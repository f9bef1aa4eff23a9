/**
 * A log reader that is slow or gone: traffic does not wait for it, lines are dropped and counted.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

/** Access lines of some 400 bytes: enough to fill a pipe and any sensible buffer behind it. */
const connections = 30_000;
const parallel = 100;

async function startServing(t: TestContext): Promise<SluiceProcess> {
  const origin = await startNamedOrigin(t, 'a');
  const config = buildConfig({
    listener: 'detect: { protocols: [] }',
    routes: [routeTo('a', [origin.url]), 'name: no, match: { sources: [127.0.0.2/32] }, action: Ban'],
  });
  return await startSluice(t, { config });
}

async function slowestOf(sluice: SluiceProcess, t: TestContext, count: number): Promise<number> {
  let slowestMs = 0;
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    const client = await connectTcp(t, sluice.address('edge'));
    await client.receiveThrough('\n');
    client.socket.destroy();
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  }
  return slowestMs;
}

/** Opens and ends banned connections, the cheapest that leave a line. */
async function flood(sluice: SluiceProcess, count: number): Promise<void> {
  const { host, port } = sluice.address('edge');
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ host, port, localAddress: '127.0.0.2' });
      socket.resume();
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  for (let done = 0; done < count; done += parallel) await Promise.all(Array.from({ length: parallel }, one));
}

/** Connects until a connection's line is read: the first ones may still meet a full buffer. Resolves with how many it took. */
async function connectUntilLogged(t: TestContext, sluice: SluiceProcess): Promise<number> {
  let opened = 0;
  await eventually(async () => {
    opened += 1;
    const client = await connectTcp(t, sluice.address('edge'));
    await client.receiveThrough('\n');
    client.finish();
    await client.end();
    await sluice.waitForLog((line) => line['client'] === client.localAddress, { timeoutMs: 500 });
  });
  return opened;
}

test('a reader that hangs: traffic goes on, lines are dropped and counted, and resume when it reads', async (t) => {
  const sluice = await startServing(t);
  sluice.pauseOutput();
  await flood(sluice, connections);
  assert.ok((await slowestOf(sluice, t, 20)) < 500);
  const dropped = (await sluice.metrics()).sum('sluice_log_lines_dropped_total');
  assert.ok(dropped > 0, 'nothing was dropped');
  sluice.resumeOutput();
  const later = await connectUntilLogged(t, sluice);
  const written = sluice.logs((line) => line['msg'] === 'connection').length;
  const total = (await sluice.metrics()).sum('sluice_log_lines_dropped_total') + written;
  assert.equal(total, connections + 20 + later, `${written} written, ${total - written} dropped`);
  assert.deepEqual(sluice.strayOutput, []);
});

test('a reader that is gone: traffic goes on and the process lives', async (t) => {
  const sluice = await startServing(t);
  sluice.closeOutput();
  await flood(sluice, 500);
  assert.ok((await slowestOf(sluice, t, 20)) < 500);
  assert.equal((await sluice.fetchAdmin('/readyz')).status, 200);
  assert.ok((await sluice.metrics()).sum('sluice_log_lines_dropped_total') > 0);
  assert.deepEqual(await sluice.stop(), { code: 0, signal: null });
});
