/** What a real server can do to its clients: die, stand still, forget, lose its leader. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { rangeFilters } from '@sluice/contract/config-key.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { startNatsCluster, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { within } from '@sluice/testkit/within.ts';
import { configStream } from '../../src/nats/bucket-stream.ts';
import { createNatsBus } from '../../src/nats/nats-bus.ts';
import type { ConfigBus } from '../../src/port/config-bus.ts';
import { connectedBucket, recordStates, store } from '../port/bus-harness.ts';
import { WatchRecorder } from '../port/watch-recorder.ts';
import { openNatsBus, openNatsReader, testTiming, withPlainClient } from './nats-harness.ts';

const skip = await whyNoNatsServer();
const users = rangeFilters('users');
const slow = { timeoutMs: 60_000 };

async function textOf(bus: ConfigBus, key: string): Promise<string | null> {
  const entry = await bus.read(key);
  return entry?.value === null || entry === null ? null : Buffer.from(entry.value).toString();
}

/** Writes until it is stored, as a publisher does: in doubt it reads the key back. */
async function insist(bus: ConfigBus, key: string, text: string): Promise<void> {
  await eventually(async () => {
    const entry = await bus.read(key);
    if (entry?.value !== null && entry !== null && Buffer.from(entry.value).toString() === text) return;
    await store(bus, key, text, entry?.sequence ?? 0);
  }, slow);
}

test('a server killed and started again: the watch is lost, the bucket and what was stored are there', {
  skip,
}, async (t) => {
  const server = await startNatsServer(t);
  const bus = openNatsBus(t, [server.url]);
  const bucket = await connectedBucket(bus);
  await store(bus, 'users.a', '1');
  const recorder = new WatchRecorder(bus, { filters: users });
  await eventually(() => assert.ok(recorder.hasSnapshot));
  await server.kill();
  await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
  await server.restart();
  await eventually(async () => assert.equal(await textOf(bus, 'users.a'), '1'), slow);
  assert.equal(await connectedBucket(bus), bucket);
  assert.ok(bus.stats().connects >= 2);
  assert.equal(bus.stats().watchesLost, 1);
});

test('a server that stands still: noticed by its pings, asked things come to an end, then it is back', {
  skip,
}, async (t) => {
  const server = await startNatsServer(t);
  const bus = openNatsBus(t, [server.url]);
  await connectedBucket(bus);
  const states = recordStates(bus);
  const recorder = new WatchRecorder(bus, { filters: users });
  await eventually(() => assert.ok(recorder.hasSnapshot));
  server.pause();
  const put = await within(10_000, 'the put', bus.put('users.a', Buffer.from('1'), 0));
  assert.equal(put.kind, 'Unknown');
  await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
  await eventually(() => assert.equal(states.at(-1)?.kind, 'Disconnected'), slow);
  await within(10_000, 'the put', bus.put('users.b', Buffer.from('1'), 0));
  // Attempts to connect end too: the kernel accepts for a server that stands still.
  await eventually(() => assert.ok(bus.stats().failedConnects > 0), slow);
  server.resume();
  await eventually(() => assert.equal(states.at(-1)?.kind, 'Connected'), slow);
  await insist(bus, 'users.b', '2');
  assert.deepEqual(recorder.kinds, ['SnapshotEnded', 'Lost']);
});

test('a put that was given up never lands on a newer one', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const late = openNatsBus(t, [server.url]);
  await connectedBucket(late);
  const sequence = await store(late, 'users.a', 'first');
  server.pause();
  const given = await Promise.all(
    Array.from({ length: 20 }, (_, index) => late.put('users.a', Buffer.from(`late ${index}`), sequence)),
  );
  assert.ok(given.every((outcome) => outcome.kind === 'Unknown'));
  const other = openNatsBus(t, [server.url]);
  server.resume();
  await connectedBucket(other);
  await insist(other, 'users.a', 'newer');
  await connectedBucket(late);
  await eventually(async () => {
    const { connections } = (await server.monitor('/connz')) as { readonly connections: readonly unknown[] };
    assert.equal(connections.length, 2, 'the connection with the late puts is gone');
  }, slow);
  assert.equal(await textOf(late, 'users.a'), 'newer');
  assert.equal((await late.put('users.a', Buffer.from('stale'), sequence)).kind, 'Conflict');
});

test('a wiped store: the bucket is another one, empty, made by the publisher', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const publisher = openNatsBus(t, [server.url]);
  const before = await connectedBucket(publisher);
  const reader = openNatsReader(t, server.url, 'reader');
  assert.equal(await connectedBucket(reader), before);
  await store(publisher, 'users.a', '1');
  const recorder = new WatchRecorder(reader, { filters: users });
  await eventually(() => assert.deepEqual(recorder.kinds, ['Entry', 'SnapshotEnded']));
  await server.wipe();
  await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
  await eventually(async () => assert.notEqual(await connectedBucket(reader), before), slow);
  assert.equal(await reader.read('users.a'), null);
  await insist(publisher, 'users.b', '1');
  const again = new WatchRecorder(reader, { filters: users });
  await eventually(() => assert.deepEqual(again.texts, ['users.b=1']));
});

test('a bucket that is deleted and not made again: a reader is not connected and says why', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const publisher = openNatsBus(t, [server.url]);
  await connectedBucket(publisher);
  await publisher.close();
  const reader = openNatsReader(t, server.url, 'reader');
  await connectedBucket(reader);
  const states = recordStates(reader);
  const recorder = new WatchRecorder(reader, { filters: users });
  await eventually(() => assert.ok(recorder.hasSnapshot));
  await withPlainClient(server.url, async (connection) => {
    await (await jetstreamManager(connection)).streams.delete(configStream);
  });
  await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
  const last = states.at(-1);
  assert.ok(last?.kind === 'Disconnected' && last.reason.includes('there is no bucket sluice-config'));
  const put = await within(10_000, 'the put', reader.put('users.a', Buffer.from('1'), 0));
  assert.equal(put.kind, 'Unknown');
});

test('a cluster whose leader is killed: what was stored stays, and writing goes on', { skip }, async (t) => {
  const cluster = await startNatsCluster(t);
  const open = (inbox: string): ReturnType<typeof openNatsBus> =>
    openNatsBus(t, cluster.urls, { inbox, makeBuckets: { replicas: 3 } });
  const [writer, watcher] = [open('writer'), open('watcher')];
  const bucket = await connectedBucket(writer);
  assert.equal(await connectedBucket(watcher), bucket);
  const recorder = new WatchRecorder(watcher, { filters: users });
  await eventually(() => assert.ok(recorder.hasSnapshot), slow);
  for (let index = 0; index < 50; index++) await insist(writer, `users.before${index}`, '1');
  const [url = ''] = cluster.urls;
  const leader = await withPlainClient(url, async (connection) => {
    return (await (await jetstreamManager(connection)).streams.info(configStream)).cluster?.leader;
  });
  const node = cluster.nodes.find(({ name }) => name === leader);
  assert.ok(node !== undefined);
  await node.kill();
  for (let index = 0; index < 50; index++) await insist(writer, `users.after${index}`, '1');
  // Whether the old watch went on or was lost, one that is begun now has all of it, in the same bucket.
  await eventually(async () => {
    await connectedBucket(watcher);
    const again = new WatchRecorder(watcher, { filters: users });
    t.after(() => again.watch.close());
    await eventually(() => assert.ok(again.hasSnapshot), { timeoutMs: 5_000 });
    assert.equal(new Set(again.entries.map((entry) => entry.key)).size, 100);
  }, slow);
  assert.equal(await connectedBucket(watcher), bucket);
  const isWhole = new Set(recorder.entries.map((entry) => entry.key)).size === 100;
  assert.ok(isWhole || recorder.lostReasons.length === 1, 'the old watch is neither whole nor lost');
  await node.restart();
});

test('a cluster with one server standing still: whoever was on it moves on, and nothing stored is lost', {
  skip,
}, async (t) => {
  const cluster = await startNatsCluster(t);
  // One client on each server first, so that one of them is on the server that stops.
  const buses = cluster.urls.map((url, index) => {
    const servers = [url, ...cluster.urls.filter((other) => other !== url)];
    const config = { servers, clientName: 'test', inbox: `client-${index}`, timing: testTiming };
    const bus = createNatsBus({ ...config, makeBuckets: { replicas: 3 } }, { random: () => 0 });
    t.after(() => bus.close());
    return bus;
  });
  for (const bus of buses) await connectedBucket(bus);
  const [stopped] = cluster.nodes;
  const [moving, writer] = buses;
  assert.ok(stopped !== undefined && moving !== undefined && writer !== undefined);
  const recorder = new WatchRecorder(moving, { filters: users });
  await eventually(() => assert.ok(recorder.hasSnapshot), slow);
  stopped.pause();
  for (let index = 0; index < 20; index++) await insist(writer, `users.u${index}`, '1');
  await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
  await eventually(async () => {
    await connectedBucket(moving);
    const again = new WatchRecorder(moving, { filters: users });
    t.after(() => again.watch.close());
    await eventually(() => assert.ok(again.hasSnapshot), { timeoutMs: 5_000 });
    assert.equal(new Set(again.entries.map((entry) => entry.key)).size, 20);
  }, slow);
  stopped.resume();
});

test('puts that wait for an answer have a maximum; one more is refused at once', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const limits = { maxPendingPuts: 3, maxPendingPutBytes: 1_000 };
  const bus = openNatsBus(t, [server.url], { limits });
  await connectedBucket(bus);
  server.pause();
  const waiting = [1, 2, 3].map((index) => bus.put(`users.u${index}`, Buffer.from('1'), 0));
  const refused = await within(1_000, 'the refusal', bus.put('users.more', Buffer.from('1'), 0));
  assert.ok(refused.kind === 'Unknown' && /wait for an answer/.test(refused.reason));
  assert.equal(bus.stats().pendingPuts, 3);
  server.resume();
  await Promise.all(waiting);
  assert.equal(bus.stats().pendingPuts, 0);
  const large = await bus.put('users.large', Buffer.alloc(1_001), 0);
  assert.ok(large.kind === 'Unknown' && /wait for an answer/.test(large.reason));
});

test('something that is no NATS server is given up with a reason, and the next one is tried', { skip }, async (t) => {
  const server = await startNatsServer(t);
  const other = await openServer(
    t,
    createServer((socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')),
  );
  const bus = openNatsBus(t, [`${other.host}:${other.port}`, server.url]);
  const states = recordStates(bus);
  await connectedBucket(bus);
  await eventually(async () => {
    if (states.some((state) => state.kind === 'Disconnected' && state.reason.includes('not a NATS server'))) return;
    await server.restart();
    assert.fail('the other one has not been tried yet');
  }, slow);
});

test('a server that accepts and says nothing does not hold the bus for longer than the time for connecting', {
  skip,
}, async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  const place = await openServer(t, silent);
  const bus = openNatsBus(t, [`${place.host}:${place.port}`], { timing: { ...testTiming, connectTimeoutMs: 200 } });
  await eventually(() => assert.ok(bus.stats().failedConnects >= 2), slow);
  // What an attempt opened is closed with it.
  const [first] = sockets;
  assert.ok(first !== undefined);
  if (!first.destroyed) await within(5_000, 'the end of the first socket', once(first.resume(), 'close'));
  const states = recordStates(bus);
  assert.ok(states[0]?.kind === 'Disconnected' && states[0].reason.includes(`${place.port}`));
  await within(1_000, 'closing', bus.close());
});

test('a server that is too old is refused with its version', async (t) => {
  const info = { version: '2.9.10', max_payload: 1_048_576, server_id: 'x', proto: 1, headers: true };
  const old = createServer((socket: Socket) => {
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('PING')) socket.write('PONG\r\n');
    });
  });
  const place = await openServer(t, old);
  const bus = openNatsBus(t, [`${place.host}:${place.port}`]);
  const states = recordStates(bus);
  await eventually(() => {
    const last = states.at(-1);
    assert.match(last?.kind === 'Disconnected' ? last.reason : '', /nats-server 2\.9\.10; it must be 2\.10/);
  });
});
