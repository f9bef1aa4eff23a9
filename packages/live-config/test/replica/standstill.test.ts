/** A process that is stopped, or has no time, for longer than heads may fail to come. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import type { ConfigBus, WatchOptions } from '../../src/port/config-bus.ts';
import { createReplica } from '../../src/replica/replica.ts';
import { openLive } from '../live-harness.ts';

it('does not take for silence what waited in the socket while the process stood still', async (t) => {
  const live = openLive(t);
  const { publisher } = live.publish();
  await publisher.publish([live.truth.set('users.ann', { a: 1 })]);

  // Events wait until the socket has something to read.
  const server = createServer();
  const { host, port } = await openServer(t, server);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect(port, host);
  const [peer] = await accepted;
  let isHeld = false;
  const held: (() => void)[] = [];
  socket.on('data', () => {
    for (const deliver of held.splice(0)) deliver();
  });
  t.after(() => socket.destroy());

  const store = live.store.connect();
  const watch = ({ onEvent, ...options }: WatchOptions): ReturnType<ConfigBus['watch']> =>
    store.watch({ ...options, onEvent: (event) => (isHeld ? void held.push(() => onEvent(event)) : onEvent(event)) });
  const bus = new Proxy<ConfigBus>(store, {
    get: (target, name: keyof ConfigBus) => (name === 'watch' ? watch : target[name].bind(target)),
  });
  let pausedMs = 0;
  const nowMs = (): number => performance.timeOrigin + performance.now() + pausedMs;
  const replica = createReplica(
    { proxy: 'p', instance: 'i', ranges: ['users'] },
    { bus, nowMs, random: () => 0, onEvent: () => {}, apply: () => Promise.resolve({ rejected: [] }) },
  );
  t.after(() => replica.close());
  await eventually(() => assert.equal(replica.status()[0]?.isCurrent, true));

  isHeld = true;
  const { revision } = await publisher.publish([live.truth.set('users.ann', { a: 2 })]);
  assert.ok(held.length >= 2);
  // Behind this the loop comes to its timers before it comes to its sockets.
  await new Promise((resolve) => void setImmediate(resolve));
  peer.write('.');
  pausedMs = 10_000;
  for (const untilMs = performance.now() + 500; performance.now() < untilMs; );
  isHeld = false;
  await eventually(() => assert.equal(replica.status()[0]?.revision, revision));
  assert.deepEqual([replica.status()[0]?.counters['doubts'], replica.status()[0]?.counters['snapshots']], [0, 1]);
});
