import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEchoOrigin } from '../src/echo-origin.ts';
import { startNamedOrigin } from '../src/named-origin.ts';
import { startResetOrigin } from '../src/reset-origin.ts';
import { connectTcp } from '../src/tcp-client.ts';

test('bytes arrive after a half-close', async (t) => {
  const client = await connectTcp(t, await startEchoOrigin(t));
  client.send('hello, ');
  client.send('world');
  client.finish();
  assert.equal((await client.receive(5)).toString(), 'hello');
  assert.equal((await client.receiveAll()).toString(), ', world');
  assert.equal(await client.end(), 'Ended');
});

test('a reset is told from an end', async (t) => {
  const client = await connectTcp(t, await startResetOrigin(t, 'bye'));
  client.send('x');
  assert.equal(await client.receiveThrough('bye'), 'bye');
  assert.equal(await client.end(), 'Reset');
});

test('reading past the end rejects with what was there', async (t) => {
  const origin = await startNamedOrigin(t, 'a');
  const client = await connectTcp(t, origin);
  client.finish();
  await assert.rejects(client.receive(10), /ended before 10 bytes; had 2 bytes/u);
});
