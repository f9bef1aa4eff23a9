/**
 * More undecided connections than the engine has slots for: those that are served go on, the others wait their turn, and
 * everything is there again when the flood is over.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { readCpuMs } from '@sluice/testkit/process-usage.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const detectMs = 2_000;

function openStalled(t: TestContext, edge: Address, count: number, bytes: Buffer): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect({ host: edge.host, port: edge.port, allowHalfOpen: true });
    socket.on('error', () => {});
    socket.resume();
    socket.write(bytes);
    t.after(() => void socket.destroy());
    return socket;
  });
}

const hello = buildClientHello({ serverName: 'a.test' });
const largeHello = buildClientHello({ serverName: 'a.test', minimumBytes: 16_000 });

const floods: readonly (readonly [string, number, Buffer, Buffer])[] = [
  ['six thousand that sent one byte', 6_000, hello.subarray(0, 1), hello],
  ['four hundred that sent half of a large hello', 400, largeHello.subarray(0, 9_000), largeHello],
];

for (const [what, count, stalled, whole] of floods) {
  test(`${what}: established streams flow, a new client is served in the end`, { timeout: 60_000 }, async (t) => {
    const origin = await startEchoOrigin(t);
    const config = buildConfig({
      listener: `detect: { timeout: ${detectMs}ms }`,
      routes: [routeTo('tls', [origin.url], { match: 'protocol: TLS' })],
    });
    const sluice = await startSluice(t, { config });
    const edge = sluice.address('edge');
    const stream = await connectTcp(t, edge);
    stream.send(hello);
    await stream.receive(hello.length);
    openStalled(t, edge, count, stalled);
    await pause(700);
    const newcomer = await connectTcp(t, edge);
    newcomer.send(whole);
    stream.send('ping');
    assert.equal((await stream.receive(4, 1_000)).toString(), 'ping');
    assert.ok((await newcomer.receive(whole.length, 3 * detectMs + 2_000)).equals(whole));
    await eventually(async () => assert.equal((await sluice.metrics()).sum('sluice_connections_active'), 2), {
      timeoutMs: 15_000,
    });
    const cpuMs = await readCpuMs(sluice.pid);
    await pause(500);
    assert.ok((await readCpuMs(sluice.pid)) - cpuMs < 150, 'spins afterwards');
    assert.equal((await sluice.metrics()).sum('sluice_connections_accepted_total'), count + 2);
  });
}

test('a thousand connections reset at once, at every stage, leave nothing behind', async (t) => {
  const origin = await startEchoOrigin(t);
  const sluice = await startSluice(t, { config: buildConfig({ routes: [routeTo('all', [origin.url])] }) });
  const edge = sluice.address('edge');
  for (let round = 0; round < 10; round += 1) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => connectTcp(t, edge)));
    for (const [index, client] of clients.entries()) {
      if (index % 4 > 0) client.send(hello.subarray(0, index % 4 === 1 ? 20 : hello.length));
    }
    await pause(round);
    for (const client of clients) client.reset();
  }
  await eventually(async () => {
    const metrics = await sluice.metrics();
    assert.equal(metrics.sum('sluice_connections_active'), 0);
    assert.equal(metrics.sum('sluice_connections_accepted_total'), metrics.sum('sluice_connections_closed_total'));
    assert.equal(origin.openCount(), 0);
  });
});
