/**
 * Ports: both address families on one, and a port that another sluice holds.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { formatAddress } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { runSluiceOn } from '@sluice/testkit/run-sluice.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const ban = 'name: rest, match: {}, action: Ban';

/** A port that was free in both families a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const bound = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  assert.ok(typeof bound === 'object' && bound !== null);
  return bound.port;
}

test('one port in both families, as in the first example', async (t) => {
  const port = await findFreePort();
  const config = buildConfig({ routes: [ban] }).replace('["127.0.0.1:0"]', `["0.0.0.0:${port}", "[::]:${port}"]`);
  const sluice = await startSluice(t, { config });
  for (const host of ['127.0.0.1', '::1']) {
    const client = await connectTcp(t, { host, port });
    client.send('SSH-2.0-x\r\n');
    assert.equal(await client.end(), 'Ended');
    client.finish();
    const client2 = client.localAddress;
    const line = await sluice.waitForLog((entry) => entry['client'] === client2);
    assert.equal(line['reason'], 'Banned');
  }
});

for (const mode of ['InLoop', 'Workers', 'Handoff']) {
  test(`a second sluice on the same port exits 1 instead of sharing it (${mode})`, async (t) => {
    const top = `datapath: { mode: ${mode} }`;
    const first = await startSluice(t, { config: buildConfig({ routes: [ban], top }) });
    const bind = formatAddress(first.address('edge'));
    const second = await runSluiceOn(t, 'run', buildConfig({ routes: [ban], top, bind }), { timeoutMs: 5_000 });
    assert.equal(second.code, 1, `${second.stdout}${second.stderr}`);
    assert.match(second.stderr + second.stdout, /edge/u);
  });
}

test('a reload to the port of another sluice is rejected', async (t) => {
  const [first, second] = [
    await startSluice(t, { config: buildConfig({ routes: [ban] }) }),
    await startSluice(t, { config: buildConfig({ routes: [ban] }) }),
  ];
  const from = second.logPosition;
  await second.replaceConfig(buildConfig({ routes: [ban], bind: formatAddress(first.address('edge')) }));
  const line = await second.waitForLog((entry) => String(entry['msg']).startsWith('reload'), { from });
  assert.equal(line['msg'], 'reload rejected');
});

test('a port given up is free at once for the next process', async (t) => {
  const first = await startSluice(t, { config: buildConfig({ routes: [ban] }) });
  const bind = formatAddress(first.address('edge'));
  const client = await connectTcp(t, first.address('edge'));
  client.send('SSH-2.0-x\r\n');
  await client.end();
  client.finish();
  await first.stop();
  const second = await startSluice(t, { config: buildConfig({ routes: [ban], bind }) });
  assert.equal(formatAddress(second.address('edge')), bind);
});
