/**
 * The ledger must see the faults it is there for: each is provoked between real clients and origins.
 */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { checkLedger } from '../src/check-ledger.ts';
import { Ledger } from '../src/ledger.ts';
import { startLedgerOrigin } from '../src/ledger-origin.ts';
import { type OpenServer, openServer } from '../src/open-server.ts';
import { runLedgerConnection } from '../src/run-ledger-connection.ts';

/** A proxy in a few lines that passes each chunk of the origin's answer through `damage`. */
async function startDamagingProxy(
  t: TestContext,
  origin: OpenServer,
  damage: (chunk: Buffer, client: Socket) => Buffer,
): Promise<OpenServer> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: origin.port, host: origin.host, allowHalfOpen: true });
    client.pipe(upstream);
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.on('data', (chunk: Buffer) => client.write(damage(chunk, client)));
    upstream.on('end', () => client.end());
  });
  return await openServer(t, server);
}

const bursts = { bursts: 3, countersPerBurst: 10, intervalMs: 5 };

async function discrepanciesThrough(t: TestContext, damage: (chunk: Buffer, client: Socket) => Buffer) {
  const ledger = new Ledger(() => performance.now());
  const origin = await startLedgerOrigin(t, ledger, 'a');
  const target = await startDamagingProxy(t, origin, damage);
  await Promise.all([1, 2, 3].map(() => runLedgerConnection(ledger, { target, serverName: 'a.test', ...bursts })));
  return checkLedger(ledger.entries, () => ['a']);
}

test('connections that pass whole leave no discrepancy', async (t) => {
  assert.deepEqual(await discrepanciesThrough(t, (chunk) => chunk), []);
});

test('a changed byte is found', async (t) => {
  const flip = (chunk: Buffer): Buffer => {
    chunk.writeUInt8(chunk.readUInt8(3) ^ 1, 3);
    return chunk;
  };
  const found = await discrepanciesThrough(t, flip);
  assert.ok(found.some((discrepancy) => discrepancy.kind === 'BytesWrong'));
});

test('lost bytes are found', async (t) => {
  const found = await discrepanciesThrough(t, (chunk) => chunk.subarray(0, chunk.length - 1));
  assert.ok(found.some((discrepancy) => discrepancy.kind === 'BytesLost'));
});

test('a connection cut in the middle is found', async (t) => {
  const cut = (chunk: Buffer, client: Socket): Buffer => {
    client.resetAndDestroy();
    return chunk;
  };
  const found = await discrepanciesThrough(t, cut);
  assert.ok(found.some((discrepancy) => discrepancy.kind === 'Cut'));
});

test('an origin that was not allowed is found', async (t) => {
  const ledger = new Ledger(() => performance.now());
  const target = await startLedgerOrigin(t, ledger, 'b');
  await runLedgerConnection(ledger, { target, serverName: 'a.test', ...bursts });
  const kinds = checkLedger(ledger.entries, () => ['a']).map((discrepancy) => discrepancy.kind);
  assert.deepEqual(kinds, ['Misrouted']);
});

test('a refused connection is found', async (t) => {
  const ledger = new Ledger(() => performance.now());
  const target = await startLedgerOrigin(t, ledger, 'a');
  await target.close();
  await runLedgerConnection(ledger, { target, serverName: 'a.test', ...bursts });
  const kinds = checkLedger(ledger.entries, () => ['a']).map((discrepancy) => discrepancy.kind);
  assert.deepEqual(kinds, ['Refused']);
});
