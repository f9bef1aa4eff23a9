/** Watches of every ConfigBus: a snapshot, then what follows, and never a silent end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeFilters } from '@sluice/contract/config-key.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { type BusImplementation, connectedBucket, openConnected, recordStates, store } from './bus-harness.ts';
import { WatchRecorder } from './watch-recorder.ts';

const users = rangeFilters('users');
const slow = { timeoutMs: 60_000 };

export function testWatches(implementation: BusImplementation): void {
  const { name, skip } = implementation;
  test(`${name}: begins with the last value of every key, in order, then says so`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const first = await store(bus, 'users.a', '1');
    await store(bus, 'users.b', '1');
    await store(bus, 'users.a', '2', first);
    await store(bus, 'head.users', 'h');
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    assert.deepEqual(recorder.texts, ['users.b=1', 'users.a=2', 'head.users=h']);
    assert.equal(recorder.kinds.at(-1), 'SnapshotEnded');
  });

  test(`${name}: ends the snapshot of an empty range too`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await store(bus, 'routes.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.deepEqual(recorder.kinds, ['SnapshotEnded']));
  });

  test(`${name}: goes on with every write, its own client's too, in order`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const other = await openConnected(harness);
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    const own = await store(bus, 'users.a', '1');
    // A bucket keeps the last value of a key: what is overwritten before it is sent is never sent.
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1']));
    await store(other, 'users.a', '2', own);
    await store(other, 'head.users', 'h');
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1', 'users.a=2', 'head.users=h']));
    const sequences = recorder.entries.map((entry) => entry.sequence);
    assert.deepEqual(
      sequences,
      sequences.toSorted((left, right) => left - right),
    );
  });

  test(`${name}: reports nothing that its filters do not name`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const recorder = new WatchRecorder(bus, { filters: users });
    for (const key of ['routes.a', 'usersx.a', 'head.routing', 'users2', 'users.a']) await store(bus, key, '1');
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1']));
  });

  test(`${name}: takes a single filter without wildcards`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: ['head.users'] });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    await store(bus, 'head.users', 'h');
    await eventually(() => assert.deepEqual(recorder.texts, ['head.users=h']));
    assert.deepEqual(recorder.kinds, ['SnapshotEnded', 'Entry']);
  });

  test(`${name}: begins behind a sequence when told to, without what was before`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const sequence = await store(bus, 'users.a', '1');
    await store(bus, 'users.b', '1');
    await store(bus, 'users.c', '1');
    const recorder = new WatchRecorder(bus, { filters: users, behindSequence: sequence });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    await store(bus, 'users.a', '2', sequence);
    await eventually(() => assert.deepEqual(recorder.texts, ['users.b=1', 'users.c=1', 'users.a=2']));
    assert.deepEqual(recorder.kinds, ['Entry', 'Entry', 'SnapshotEnded', 'Entry']);
  });

  test(`${name}: begins behind the last sequence with nothing`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const sequence = await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users, behindSequence: sequence });
    await eventually(() => assert.deepEqual(recorder.kinds, ['SnapshotEnded']));
    await store(bus, 'users.b', '1');
    await eventually(() => assert.deepEqual(recorder.texts, ['users.b=1']));
  });

  test(`${name}: reports a key deleted behind its back as one without a value`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    await harness.deleteKey('users.a');
    await eventually(() => assert.deepEqual(recorder.texts, ['users.a=1', 'users.a-']));
    const later = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(later.hasSnapshot));
    assert.deepEqual(later.texts, ['users.a-']);
  });

  test(`${name}: neither loses nor doubles a write between snapshot and what follows`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const writer = await openConnected(harness);
    const keys = Array.from({ length: 300 }, (_, index) => `users.u${index}`);
    const writing = (async () => {
      for (const key of keys) await store(writer, key, '1');
    })();
    await eventually(async () => assert.notEqual(await bus.read('users.u50'), null));
    const recorder = new WatchRecorder(bus, { filters: users });
    await writing;
    await eventually(() => assert.equal(recorder.entries.length, keys.length));
    assert.deepEqual(
      recorder.entries.map((entry) => entry.key),
      keys,
    );
    assert.equal(recorder.kinds.filter((kind) => kind === 'SnapshotEnded').length, 1);
  });

  test(`${name}: never reports from within the call that begins the watch`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users });
    assert.deepEqual(recorder.events, []);
    await eventually(() => assert.ok(recorder.hasSnapshot));
  });

  test(`${name}: says nothing more once the watch is closed`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const closed = new WatchRecorder(bus, { filters: users });
    const open = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(closed.hasSnapshot && open.hasSnapshot));
    closed.watch.close();
    closed.watch.close();
    await store(bus, 'users.a', '1');
    await eventually(() => assert.deepEqual(open.texts, ['users.a=1']));
    await harness.interrupt();
    await eventually(() => assert.equal(open.lostReasons.length, 1), slow);
    assert.deepEqual(closed.kinds, ['SnapshotEnded']);
  });

  test(`${name}: may be closed from within an event`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    for (const key of ['users.a', 'users.b', 'users.c']) await store(bus, key, '1');
    let seen = 0;
    const watch = bus.watch({
      filters: users,
      onEvent: () => {
        seen += 1;
        watch.close();
      },
    });
    const other = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(other.hasSnapshot));
    assert.equal(seen, 1);
  });

  test(`${name}: is lost once, with a reason, when the client is cut off`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    await harness.interrupt();
    await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
    await harness.restore();
    await connectedBucket(bus);
    await store(bus, 'users.b', '1');
    const again = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.deepEqual(again.texts, ['users.a=1', 'users.b=1']));
    assert.deepEqual(recorder.kinds, ['Entry', 'SnapshotEnded', 'Lost']);
    assert.ok(recorder.lostReasons.every((reason) => reason.length > 0));
  });

  test(`${name}: is lost when the bucket is made anew, and a new one sees the new bucket`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    await store(bus, 'users.a', '1');
    const recorder = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    await harness.recreateBucket();
    await eventually(() => assert.equal(recorder.lostReasons.length, 1), slow);
    await connectedBucket(bus);
    await store(bus, 'users.b', '1');
    const again = new WatchRecorder(bus, { filters: users });
    await eventually(() => assert.deepEqual(again.texts, ['users.b=1']));
    assert.deepEqual(recorder.kinds, ['Entry', 'SnapshotEnded', 'Lost']);
  });

  test(`${name}: a watch begun while cut off is lost, not from within the call`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const states = recordStates(bus);
    await harness.interrupt();
    await eventually(() => assert.equal(states.at(-1)?.kind, 'Disconnected'), slow);
    const recorder = new WatchRecorder(bus, { filters: users });
    assert.deepEqual(recorder.events, []);
    await eventually(() => assert.deepEqual(recorder.kinds, ['Lost']));
  });

  test(`${name}: keeps the watches of one client apart`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const userWatch = new WatchRecorder(bus, { filters: users });
    const routeWatch = new WatchRecorder(bus, { filters: rangeFilters('routing') });
    await eventually(() => assert.ok(userWatch.hasSnapshot && routeWatch.hasSnapshot));
    await store(bus, 'users.a', '1');
    await store(bus, 'routes.a', '1');
    await store(bus, 'listeners.a', '1');
    await eventually(() => assert.deepEqual(routeWatch.texts, ['routes.a=1', 'listeners.a=1']));
    await eventually(() => assert.deepEqual(userWatch.texts, ['users.a=1']));
  });
}
