/**
 * Running out of file descriptors: nothing spins, what is shed is counted, and it resumes when they come back.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { countFileDescriptors, readCpuMs } from '@sluice/testkit/process-usage.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { attachStrace } from '@sluice/testkit/strace-session.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

async function startLimited(t: TestContext, prefix: readonly string[]): Promise<SluiceProcess> {
  const origin = await startEchoOrigin(t);
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  return await startSluice(t, { config, prefix });
}

/** Opens connections and forgets them: some will not be served. */
function flood(t: TestContext, edge: Address, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => connect({ host: edge.host, port: edge.port }));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.write('x');
    t.after(() => void socket.destroy());
  }
  return sockets;
}

async function echoes(t: TestContext, edge: Address, timeoutMs: number): Promise<void> {
  const client = await connectTcp(t, edge);
  client.send('ping');
  assert.equal((await client.receive(4, timeoutMs)).toString(), 'ping');
  client.socket.destroy();
}

async function cpuShare(pid: number, forMs: number): Promise<number> {
  const before = await readCpuMs(pid);
  await pause(forMs);
  return ((await readCpuMs(pid)) - before) / forMs;
}

test('a low ulimit: no spin, admin answers, the limit is counted, and service resumes within a second', async (t) => {
  const sluice = await startLimited(t, ['prlimit', '--nofile=512:512']);
  const edge = sluice.address('edge');
  const established = await connectTcp(t, edge);
  established.send('a');
  await established.receive(1);
  const sockets = flood(t, edge, 400);
  await pause(500);
  assert.ok((await cpuShare(sluice.pid, 1_000)) < 0.25, 'spins');
  assert.equal((await sluice.fetchAdmin('/healthz')).status, 200);
  assert.ok((await countFileDescriptors(sluice.pid)) <= 512);
  assert.ok((await sluice.metrics()).sum('sluice_limit_reached_total') > 0);
  established.send('b');
  assert.equal((await established.receive(1)).toString(), 'b');
  for (const socket of sockets) socket.destroy();
  await pause(100);
  await echoes(t, edge, 1_500);
});

test('accept failing with EMFILE is waited out, counted, and forgotten', async (t) => {
  const sluice = await startLimited(t, []);
  const edge = sluice.address('edge');
  await echoes(t, edge, 2_000);
  const inject = ['-e', 'trace=accept4', '-e', 'inject=accept4:error=EMFILE:when=1+'];
  const attached = await attachStrace(t, sluice.pid, inject);
  if (attached.kind === 'notPermitted') {
    t.skip(`strace may not attach: ${attached.reason}`);
    return;
  }
  flood(t, edge, 5);
  await pause(200);
  assert.ok((await cpuShare(sluice.pid, 1_500)) < 0.3, 'spins');
  const output = await attached.session.finish();
  const attempts = output.split('\n').filter((line) => line.includes('INJECTED')).length;
  assert.ok(attempts > 0 && attempts < 200, `${attempts} calls of accept4 in 1.7 s`);
  await echoes(t, edge, 1_500);
  assert.ok((await sluice.metrics()).sum('sluice_limit_reached_total') > 0);
});

test('descriptors return to where they were after a thousand connections', async (t) => {
  const sluice = await startLimited(t, []);
  const edge = sluice.address('edge');
  await echoes(t, edge, 2_000);
  const before = await eventually(() => countFileDescriptors(sluice.pid));
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => echoes(t, edge, 5_000)));
  }
  await eventually(async () => {
    // Pipes may stay in the pool: they are bounded and reused.
    assert.ok((await countFileDescriptors(sluice.pid)) <= before + 8);
  });
});
