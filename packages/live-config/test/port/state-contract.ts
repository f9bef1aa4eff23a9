/** The states a ConfigBus reports, and what is left of it once it is closed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { ConnectionState } from '../../src/port/config-bus.ts';
import { BusError } from '../../src/port/config-bus.ts';
import { type BusImplementation, connectedBucket, openConnected, recordStates, store } from './bus-harness.ts';
import { WatchRecorder } from './watch-recorder.ts';

export function testStates(implementation: BusImplementation): void {
  const { name, skip } = implementation;
  test(`${name}: tells a new listener the present state from within the call`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = harness.open();
    assert.equal(recordStates(bus).length, 1);
    const bucket = await connectedBucket(bus);
    assert.deepEqual(recordStates(bus), [{ kind: 'Connected', bucket }]);
  });

  test(`${name}: gives two clients of a bucket the same identity of it`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    assert.equal(await connectedBucket(harness.open()), await connectedBucket(harness.open()));
  });

  test(`${name}: reports a bucket made anew as another one within five seconds`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = harness.open();
    const before = await connectedBucket(bus);
    const states = recordStates(bus);
    await harness.recreateBucket();
    const recreatedAtMs = performance.now();
    await eventually(() => assert.ok(states.some((state) => state.kind === 'Connected' && state.bucket !== before)), {
      timeoutMs: 15_000,
    });
    assert.ok(performance.now() - recreatedAtMs < 5_000);
  });

  test(`${name}: says that and why it is cut off, and that the same bucket is back`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = harness.open();
    const before = await connectedBucket(bus);
    const states = recordStates(bus);
    await harness.interrupt();
    const last = (): ConnectionState | undefined => states.at(-1);
    await eventually(() => assert.equal(last()?.kind, 'Disconnected'), { timeoutMs: 15_000 });
    const state = last();
    assert.ok(state?.kind === 'Disconnected' && state.reason.length > 0);
    await harness.restore();
    await eventually(() => assert.deepEqual(last(), { kind: 'Connected', bucket: before }), { timeoutMs: 15_000 });
  });

  test(`${name}: tells that it is not connected, then that watches are lost, then the bucket made anew`, {
    skip,
  }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const told: string[] = [];
    bus.watch({ filters: ['users.>'], onEvent: ({ kind }) => told.push(kind) });
    await eventually(() => assert.deepEqual(told, ['SnapshotEnded']));
    bus.onState(({ kind }) => told.push(kind));
    await harness.recreateBucket();
    await eventually(() => assert.equal(told.length, 5), { timeoutMs: 15_000 });
    assert.deepEqual(told, ['SnapshotEnded', 'Connected', 'Disconnected', 'Lost', 'Connected']);
  });

  test(`${name}: tells that it is not connected before it tells that watches are lost`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const told: string[] = [];
    bus.watch({ filters: ['users.>'], onEvent: ({ kind }) => told.push(kind) });
    await eventually(() => assert.deepEqual(told, ['SnapshotEnded']));
    bus.onState(({ kind }) => told.push(kind));
    await harness.interrupt();
    await eventually(() => assert.ok(told.includes('Lost')), { timeoutMs: 15_000 });
    assert.deepEqual(told.slice(0, 4), ['SnapshotEnded', 'Connected', 'Disconnected', 'Lost']);
  });

  test(`${name}: does nothing more once it is closed, and what is asked then fails at once`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const other = await openConnected(harness);
    const states = recordStates(bus);
    const recorder = new WatchRecorder(bus, { filters: ['users.>'] });
    await eventually(() => assert.ok(recorder.hasSnapshot));
    const seen = recorder.events.length;
    await bus.close();
    await store(other, 'users.a', '1');
    assert.equal((await bus.put('users.b', Buffer.from('1'), 0)).kind, 'Unknown');
    await assert.rejects(bus.read('users.a'), BusError);
    await assert.rejects(bus.getBlob('b'), BusError);
    bus.sendAck('p1', Buffer.from('late'));
    assert.equal(recorder.events.length, seen);
    assert.ok(states.every((state) => state.kind === 'Connected'));
    await bus.close();
  });
}
