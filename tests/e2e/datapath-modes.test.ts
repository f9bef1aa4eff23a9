/**
 * Every way to place the relay (in the decision loop, in workers, handed over) and every switch of the engine keeps the same
 * promises: bytes, half-closes, resets, names, limits, an end in order.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { exchangePatterns } from '@sluice/testkit/exchange-patterns.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { startHashingOrigin } from '@sluice/testkit/hashing-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { startResetOrigin } from '@sluice/testkit/reset-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const MiB = 1024 * 1024;

const datapaths = [
  'mode: InLoop',
  'mode: Workers, workers: 1',
  'mode: Workers, workers: 3',
  'mode: Handoff, workers: 2',
  'mode: Auto, splice: false',
  'mode: Auto, receiveLowWater: true',
  'mode: Auto, packetDiet: { delayedAck: false, coalesceFin: false, optimisticSend: false }',
];

async function startAll(t: TestContext, datapath: string) {
  const [hashing, echo, reset] = [
    await startHashingOrigin(t, { sendBytes: 12 * MiB }),
    await startEchoOrigin(t),
    await startResetOrigin(t, 'bye'),
  ];
  const config = buildConfig({
    top: `datapath: { ${datapath} }`,
    listener: 'timeouts: { drain: 5s }',
    routes: [
      routeTo('hashing', [hashing.url], { match: 'sni: ["hash.test"]' }),
      routeTo('echo', [echo.url], { match: 'protocol: SSH' }),
      routeTo('reset', [reset.url], { match: 'sni: ["reset.test"]' }),
      'name: local, match: { protocol: HTTP }, action: Echo',
    ],
  });
  return { hashing, sluice: await startSluice(t, { config }) };
}

for (const datapath of datapaths) {
  test(`datapath { ${datapath} }`, async (t) => {
    const { hashing, sluice } = await startAll(t, datapath);
    const edge = sluice.address('edge');

    await t.test('bytes of parallel streams arrive', async () => {
      const preface = buildClientHello({ serverName: 'hash.test' });
      const clients = await Promise.all(
        [1, 2, 3, 4].map((seed) => exchangePatterns(t, edge, { sendBytes: 5 * MiB, seed: String(seed), preface })),
      );
      const reports = await Promise.all(clients.map(() => hashing.nextReport()));
      const sent = reports.map((report) => report.sent.sha256).toSorted();
      assert.deepEqual(clients.map((client) => client.received.sha256).toSorted(), sent);
      assert.ok(reports.every((report) => report.received.bytes === 5 * MiB + preface.length));
    });

    await t.test('an end, a reset and an action', async () => {
      const client = await connectTcp(t, edge);
      client.send('SSH-2.0-x\r\n');
      client.finish();
      assert.equal((await client.receiveAll()).toString(), 'SSH-2.0-x\r\n');
      assert.equal((await findAccessLine(sluice, client.localAddress)).reason, 'Finished');
      const reset = await connectTcp(t, edge);
      reset.send(buildClientHello({ serverName: 'reset.test' }));
      assert.equal(await reset.end(), 'Reset');
      const echo = await connectTcp(t, edge);
      echo.send('GET / HTTP/1.1\r\n');
      assert.equal(await echo.receiveThrough('\n'), 'GET / HTTP/1.1\r\n');
      echo.reset();
    });

    await t.test('a process stopped for a second loses no connection', async () => {
      const established = await connectTcp(t, edge);
      established.send('SSH-2.0-before\r\n');
      await established.receiveThrough('\n');
      sluice.signal('SIGSTOP');
      const waiting = await Promise.all(Array.from({ length: 50 }, () => connectTcp(t, edge)));
      for (const client of waiting) client.send('SSH-2.0-meanwhile\r\n');
      established.send('ping\n');
      await pause(1_000);
      sluice.signal('SIGCONT');
      assert.equal(await established.receiveThrough('\n'), 'ping\n');
      for (const client of waiting) assert.equal(await client.receiveThrough('\n'), 'SSH-2.0-meanwhile\r\n');
      for (const client of [established, ...waiting]) client.finish();
      await Promise.all([established, ...waiting].map((client) => client.end()));
    });

    await t.test('it drains and ends', async () => {
      const client = await connectTcp(t, edge);
      client.send('SSH-2.0-last\r\n');
      await client.receiveThrough('\n');
      sluice.signal('SIGTERM');
      await pause(200);
      client.send('still\n');
      assert.equal(await client.receiveThrough('\n'), 'still\n');
      client.finish();
      assert.deepEqual(await sluice.exited, { code: 0, signal: null });
      assert.equal(sluice.stderr, '');
    });
  });
}
