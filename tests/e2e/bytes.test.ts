/**
 * Bytes through the relay, compared end to end by SHA-256, both directions at once.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { exchangePatterns } from '@sluice/testkit/exchange-patterns.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { type HashingOrigin, startHashingOrigin } from '@sluice/testkit/hashing-origin.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { startTcpOrigin } from '@sluice/testkit/tcp-origin.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';

const MiB = 1024 * 1024;

async function startBefore(t: TestContext, origin: HashingOrigin): Promise<SluiceProcess> {
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  return await startSluice(t, { config });
}

for (const length of [1, 2, 511, 4_096, 65_535, 65_536, 65_537, MiB, 16 * MiB + 3, 64 * MiB]) {
  test(`${length} bytes each way arrive unchanged`, async (t) => {
    const origin = await startHashingOrigin(t, { sendBytes: length });
    const sluice = await startBefore(t, origin);
    const client = await exchangePatterns(t, sluice.address('edge'), { sendBytes: length });
    const report = await origin.nextReport();
    assert.equal(client.received.bytes, length);
    assert.deepEqual(client.received, report.sent);
    assert.deepEqual(report.received, client.sent);
  });
}

test('1 GiB from the origin arrives unchanged while the client says nothing', async (t) => {
  const origin = await startHashingOrigin(t, { sendBytes: 1024 * MiB });
  const sluice = await startBefore(t, origin);
  const client = await exchangePatterns(t, sluice.address('edge'), { sendBytes: 1, timeoutMs: 90_000 });
  assert.deepEqual(client.received, (await origin.nextReport()).sent);
});

test('thirty streams at once, each with its own bytes', async (t) => {
  const origin = await startHashingOrigin(t, { sendBytes: 2 * MiB });
  const sluice = await startBefore(t, origin);
  const exchanges = Array.from({ length: 30 }, (_unused, index) =>
    exchangePatterns(t, sluice.address('edge'), { sendBytes: 2 * MiB, seed: `client-${index}` }),
  );
  const clients = await Promise.all(exchanges);
  const reports = await Promise.all(clients.map(() => origin.nextReport()));
  const hashes = (digests: readonly { sha256: string }[]): string[] =>
    digests.map((digest) => digest.sha256).toSorted();
  assert.deepEqual(hashes(clients.map((client) => client.received)), hashes(reports.map((report) => report.sent)));
  assert.deepEqual(hashes(reports.map((report) => report.received)), hashes(clients.map((client) => client.sent)));
});

test('a slow reader gets every byte, and the origin is held back', async (t) => {
  const origin = await startHashingOrigin(t, { sendBytes: 24 * MiB });
  const sluice = await startBefore(t, origin);
  const slow = { sendBytes: 24 * MiB, readBytesPerSecond: 8 * MiB };
  const client = await exchangePatterns(t, sluice.address('edge'), slow);
  const report = await origin.nextReport();
  assert.deepEqual(client.received, report.sent);
  assert.deepEqual(report.received, client.sent);
});

test('what detection read comes first and whole, with the rest behind it', async (t) => {
  const hello = buildClientHello({ serverName: 'a.test', minimumBytes: 3_000 });
  const chunks: Buffer[] = [];
  const origin = await startTcpOrigin(t, (socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end());
  });
  const sluice = await startSluice(t, { config: buildConfig({ routes: [routeTo('all', [origin.url])] }) });
  const tail = Buffer.alloc(3 * MiB, 'tail of the first flight ');
  const client = await connectTcp(t, sluice.address('edge'));
  client.send(Buffer.concat([hello, tail]));
  client.finish();
  await client.receiveAll();
  assert.ok(Buffer.concat(chunks).equals(Buffer.concat([hello, tail])));
});

const urgent = (port: number): string => `
import socket
for _ in range(20):
  client = socket.create_connection(("127.0.0.1", ${port}))
  client.send(b"a" * 1000)
  client.send(b"!", socket.MSG_OOB)
  client.send(b"b" * 1000)
  client.shutdown(socket.SHUT_WR)
  while client.recv(100): pass
`;

test('urgent data, which cuts a read short, costs no ordinary byte', {
  skip: !hasCommand('python3') && 'no python3',
}, async (t) => {
  const origin = await startNamedOrigin(t, 'a');
  const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [routeTo('all', [origin.url])] });
  const sluice = await startSluice(t, { config });
  const ran = await runCommand('python3', ['-c', urgent(sluice.address('edge').port)]);
  assert.equal(ran.code, 0, ran.stderr);
  const ordinary = 'a'.repeat(1_000) + 'b'.repeat(1_000);
  await eventually(() => assert.equal(origin.received().length, 20));
  for (const bytes of origin.received()) assert.equal(bytes.toString().replace('!', ''), ordinary);
});
