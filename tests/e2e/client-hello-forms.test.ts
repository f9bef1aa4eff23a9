/**
 * Valid ClientHello forms on which other SNI routers fell over, and hellos captured from real clients: each reaches the
 * origin of its name with its bytes as they came, however the segments fall.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findAccessLine } from '@sluice/testkit/find-access-line.ts';
import { type NamedOrigin, startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
// oxlint-disable-next-line no-restricted-imports -- the same forms prove the parser and the program
import { validClientHelloForms } from '../../apps/proxy/test/detect/client-hello-forms.ts';

const name = 'one.forms.example';
const corpus = fileURLToPath(new URL('../../apps/proxy/test/detect/corpus/', import.meta.url));

async function startRouter(t: TestContext) {
  const [named, rest] = [await startNamedOrigin(t, 'named'), await startNamedOrigin(t, 'rest')];
  const routes = [routeTo('named', [named.url], { match: `sni: ["${name}"]` }), routeTo('rest', [rest.url])];
  const config = buildConfig({ listener: 'detect: { timeout: 20s }', routes });
  const sluice = await startSluice(t, { config });
  return { named, rest, sluice, edge: sluice.address('edge') };
}

/** Sends the pieces as segments of their own, `gapMs` apart; resolves with the name of the origin and the log's view. */
async function sendPieces(t: TestContext, edge: Address, pieces: readonly Buffer[], gapMs: number) {
  const client = await connectTcp(t, edge);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await pause(gapMs);
    client.send(piece);
  }
  const reached = (await client.receiveThrough('\n')).trim();
  client.finish();
  return { reached, client };
}

async function assertArrived(origin: NamedOrigin, bytes: Buffer): Promise<void> {
  await eventually(() =>
    assert.ok(
      origin.received().some((received) => received.equals(bytes)),
      'not the same bytes',
    ),
  );
}

test('every valid form reaches the origin of its name, byte for byte', async (t) => {
  const { edge, named, sluice } = await startRouter(t);
  for (const { title, flight, alpn } of validClientHelloForms(name)) {
    await t.test(title, async (t) => {
      const { reached, client } = await sendPieces(t, edge, [flight], 0);
      assert.equal(reached, 'named');
      await assertArrived(named, flight);
      const line = await findAccessLine(sluice, client.localAddress);
      assert.deepEqual([line.protocol, line.sni, line.alpn], ['TLS', name, alpn]);
    });
  }
});

test('the same in segments: 20 ms apart, one half a second late, the first byte alone', async (t) => {
  const { edge, named } = await startRouter(t);
  await Promise.all(
    validClientHelloForms(name).map(async ({ title, flight }) => {
      const third = Math.floor(flight.length / 3);
      const thirds = [flight.subarray(0, third), flight.subarray(third, 2 * third), flight.subarray(2 * third)];
      for (const [pieces, gapMs] of [
        [thirds, 20],
        [[flight.subarray(0, 1), flight.subarray(1)], 20],
        [[flight.subarray(0, 43), flight.subarray(43)], 500],
      ] as const) {
        assert.equal((await sendPieces(t, edge, pieces, gapMs)).reached, 'named', title);
      }
      await assertArrived(named, flight);
    }),
  );
});

test('a hello one byte at a time', async (t) => {
  const { edge, named } = await startRouter(t);
  const [form] = validClientHelloForms(name);
  assert.ok(form);
  const bytes = Array.from(form.flight, (byte) => Buffer.from([byte]));
  assert.equal((await sendPieces(t, edge, bytes, 1)).reached, 'named');
  await assertArrived(named, form.flight);
});

test('captured first flights of real clients arrive as they came', async (t) => {
  const { edge, rest, named } = await startRouter(t);
  const files = (await readdir(corpus)).filter((file) => file.endsWith('.bin'));
  assert.ok(files.length >= 20, `${files.length} files`);
  for (const file of files) {
    const flight = await readFile(`${corpus}${file}`);
    const client = await connectTcp(t, edge);
    client.send(flight);
    const reached = await client
      .receiveThrough('\n')
      .catch((error: unknown) => assert.fail(`${file}: ${String(error)}`));
    await assertArrived(reached === 'named\n' ? named : rest, flight);
    client.socket.destroy();
  }
});
