import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { formatAddress, parseAddress } from '../src/address.ts';
import { openBlackHole } from '../src/black-hole-address.ts';
import { findRefusingPort } from '../src/refusing-port.ts';
import { pause } from '../src/pause.ts';

test('an address survives being written and read', () => {
  for (const text of ['127.0.0.1:80', '[::1]:65535', 'localhost:1']) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
  assert.throws(() => parseAddress('127.0.0.1'));
});

test('a refusing port refuses', async () => {
  const { host, port } = await findRefusingPort();
  const [error] = (await once(connect(port, host), 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a black hole neither accepts nor refuses', async (t) => {
  const { host, port } = await openBlackHole(t);
  const socket = connect(port, host);
  t.after(() => void socket.destroy());
  const answer = once(socket, 'connect').then(
    () => 'accepted',
    () => 'refused',
  );
  assert.equal(await Promise.race([answer, pause(700).then(() => 'silence')]), 'silence');
});
