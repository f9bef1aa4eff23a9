/**
 * The counter must give the known figure for a plain connection: ten segments on loopback for a request and an answer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetworkNamespace } from '../src/network-namespace.ts';
import { countTcpSegments, parseTcpCounter } from '../src/packet-counter.ts';

const program = `
const net = require('node:net');
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.once('data', () => socket.end('answer'));
  socket.resume();
});
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1', () => client.write('question'));
  client.resume();
  client.on('close', () => server.close());
});`;

test('a plain connection costs nine to eleven segments', async (t) => {
  const opened = await openNetworkNamespace(t);
  if (opened.kind === 'notPermitted') {
    t.skip(`no network namespace: ${opened.reason}`);
    return;
  }
  const before = await countTcpSegments(opened.namespace);
  const ran = await opened.namespace.run(process.execPath, ['-e', program]);
  assert.equal(ran.code, 0, ran.stderr);
  const segments = (await countTcpSegments(opened.namespace)) - before;
  assert.ok(segments >= 9 && segments <= 11, `${segments} segments`);
});

test('a counter the kernel does not have is an error', () => {
  assert.throws(() => parseTcpCounter('Tcp: A B\nTcp: 1 2\n', 'C'), /no Tcp counter C/u);
});
