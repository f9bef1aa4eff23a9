import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { startTlsOrigin } from '@sluice/testkit/tls-origin.ts';
import { createNodePipeServer } from '../../src/peers/node-pipe-server.ts';

async function startPipe(t: TestContext, routes: ReadonlyMap<string, number>): Promise<number> {
  const server = createNodePipeServer(routes).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function ask(t: TestContext, port: number, servername: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  t.after(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\n\r\n');
  const chunks = await socket.toArray();
  return Buffer.concat(chunks as Buffer[]).toString();
}

test('a real TLS client reaches the origin of its server name', async (t) => {
  const one = await startTlsOrigin(t, { name: 'one', serverNames: ['one.test'] });
  const two = await startTlsOrigin(t, { name: 'two', serverNames: ['two.test'] });
  const port = await startPipe(
    t,
    new Map([
      ['one.test', one.port],
      ['two.test', two.port],
    ]),
  );
  assert.match(await ask(t, port, 'one.test'), /origin=one sni=one\.test/);
  assert.match(await ask(t, port, 'two.test'), /origin=two sni=two\.test/);
});

test('a name without a route is dropped', async (t) => {
  const port = await startPipe(t, new Map());
  assert.equal(await ask(t, port, 'other.test'), '');
});

test('a client that leaves before its hello is whole takes nothing down', async (t) => {
  const port = await startPipe(t, new Map());
  const client = connectPlain(port, '127.0.0.1');
  client.end(Buffer.from([0x16, 0x03]));
  assert.equal(await ask(t, port, 'other.test'), '');
  client.destroy();
});
