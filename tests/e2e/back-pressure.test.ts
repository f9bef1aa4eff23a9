/**
 * A client that sends and never reads: the sender is held back, and the proxy's memory does not grow with what is sent.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { readResidentBytes } from '@sluice/testkit/process-usage.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { sendPattern } from '@sluice/testkit/send-pattern.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';

const MiB = 1024 * 1024;
const clients = 8;

/** Each client offers 256 MiB and reads nothing; resolves when none has got rid of another byte for 300 ms. */
async function stuff(t: TestContext, sluice: SluiceProcess): Promise<void> {
  const { host, port } = sluice.address('edge');
  const sockets = Array.from({ length: clients }, () => connect({ host, port }).pause());
  for (const socket of sockets) {
    t.after(() => void socket.destroy());
    sendPattern(socket, 'stuff', 256 * MiB).catch(() => {});
  }
  const total = (): number => sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
  await eventually(
    async () => {
      const before = total();
      await pause(300);
      assert.ok(before > 0 && total() === before, 'still flowing');
    },
    { timeoutMs: 15_000 },
  );
  assert.ok(total() < clients * 64 * MiB, `${total()} bytes were taken`);
}

for (const kind of ['Echo', 'a relay to an echo origin']) {
  test(`${kind} holds back senders that do not read, in bounded memory`, async (t) => {
    const origin = await startEchoOrigin(t);
    const route = kind === 'Echo' ? 'name: echo, match: {}, action: Echo' : routeTo('all', [origin.url]);
    const config = buildConfig({ listener: 'detect: { protocols: [] }', routes: [route] });
    const sluice = await startSluice(t, { config });
    const before = await readResidentBytes(sluice.pid);
    await stuff(t, sluice);
    const grownBytes = (await readResidentBytes(sluice.pid)) - before;
    assert.ok(grownBytes < 24 * MiB, `${grownBytes} bytes`);
  });
}
