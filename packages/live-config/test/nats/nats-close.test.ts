/** A closed bus keeps no process alive, whatever its server was doing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBlackHole } from '@sluice/testkit/black-hole-address.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { connectedBucket } from '../port/bus-harness.ts';
import { openNatsBus } from './nats-harness.ts';

const skip = await whyNoNatsServer();
const program = fileURLToPath(new URL('open-bus-program.ts', import.meta.url));

async function assertEnds(args: readonly string[]): Promise<void> {
  const result = await runCommand(process.execPath, [program, ...args], { timeoutMs: 20_000 });
  assert.deepEqual(
    { stdout: result.stdout, stderr: result.stderr, code: result.code },
    { stdout: 'closed\n', stderr: '', code: 0 },
  );
}

test('a process ends after it closed a bus that was connected and watched', { skip }, async (t) => {
  const server = await startNatsServer(t);
  await connectedBucket(openNatsBus(t, [server.url]));
  await assertEnds([server.url, 'connected']);
});

test('a process ends after it closed a bus whose server stands still', { skip }, async (t) => {
  const server = await startNatsServer(t);
  server.pause();
  await assertEnds([server.url]);
  await assertEnds([server.url, 'failed']);
});

test('a process ends after it closed a bus whose server is not there', async () => {
  const { host, port } = await findRefusingPort();
  await assertEnds([`${host}:${port}`, 'failed']);
});

test('a process ends after it closed a bus whose server does not even accept', async (t) => {
  const { host, port } = await openBlackHole(t);
  await assertEnds([`${host}:${port}`]);
});
