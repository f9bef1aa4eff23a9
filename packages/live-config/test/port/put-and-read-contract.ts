/** Compare-and-set and reading, of every ConfigBus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceKey } from '@sluice/contract/config-key.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { within } from '@sluice/testkit/within.ts';
import { BusError } from '../../src/port/config-bus.ts';
import { type BusImplementation, openConnected, recordStates, store } from './bus-harness.ts';

/** The contract's largest value; the bucket takes no larger one. */
const maxValueBytes = 512 * 1024;

export function testPutsAndReads(implementation: BusImplementation): void {
  const { name, skip } = implementation;
  test(`${name}: stores a key that was never written when zero is expected`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const outcome = await bus.put('users.a', Buffer.from('1'), 0);
    assert.ok(outcome.kind === 'Stored' && outcome.sequence > 0);
  });

  test(`${name}: refuses a put that expects a key never written when it was`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const sequence = await store(bus, 'users.a', '1');
    assert.deepEqual(await bus.put('users.a', Buffer.from('2'), 0), { kind: 'Conflict' });
    assert.deepEqual(await bus.read('users.a'), { key: 'users.a', sequence, value: Uint8Array.from(Buffer.from('1')) });
  });

  test(`${name}: stores over the sequence expected and refuses one that has passed`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const first = await store(bus, 'users.a', '1');
    const second = await store(bus, 'users.a', '2', first);
    assert.ok(second > first);
    assert.deepEqual(await bus.put('users.a', Buffer.from('3'), first), { kind: 'Conflict' });
    assert.deepEqual(await bus.put('users.a', Buffer.from('3'), second + 1), { kind: 'Conflict' });
    assert.equal((await bus.read('users.a'))?.sequence, second);
  });

  test(`${name}: refuses a sequence expected of a key never written`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    await store(bus, 'users.a', '1');
    assert.deepEqual(await bus.put('users.b', Buffer.from('1'), 1), { kind: 'Conflict' });
    assert.equal(await bus.read('users.b'), null);
  });

  test(`${name}: counts sequences over all keys`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const sequences = [await store(bus, 'users.a', '1'), await store(bus, 'head.users', '1')];
    sequences.push(await store(bus, 'users.b', '1'), await store(bus, 'users.a', '2', sequences[0]));
    assert.deepEqual(
      sequences,
      sequences.toSorted((left, right) => left - right),
    );
    assert.equal(new Set(sequences).size, 4);
  });

  test(`${name}: stores one of many puts that expect the same`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const buses = await Promise.all([1, 2, 3, 4].map(() => openConnected(harness)));
    const outcomes = await Promise.all(buses.map((bus, index) => bus.put('head.users', Buffer.from(`${index}`), 0)));
    const kinds = outcomes.map((outcome) => outcome.kind).toSorted();
    assert.deepEqual(kinds, ['Conflict', 'Conflict', 'Conflict', 'Stored']);
    const winner = outcomes.findIndex((outcome) => outcome.kind === 'Stored');
    const entry = await buses[0]?.read('head.users');
    assert.equal(Buffer.from(entry?.value ?? []).toString(), `${winner}`);
  });

  test(`${name}: denies a value that is too large and stores nothing`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const outcome = await bus.put('users.a', new Uint8Array(maxValueBytes + 1), 0);
    assert.ok(outcome.kind === 'Denied' && outcome.reason.length > 0);
    assert.equal(await bus.read('users.a'), null);
  });

  test(`${name}: stores the largest value and gives it back`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const value = new Uint8Array(maxValueBytes).fill(0x61);
    assert.equal((await bus.put('users.a', value, 0)).kind, 'Stored');
    assert.deepEqual((await bus.read('users.a'))?.value, value);
  });

  test(`${name}: keeps an empty value apart from a deletion`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    await store(bus, 'users.empty', '');
    await store(bus, 'users.deleted', '1');
    await harness.deleteKey('users.deleted');
    assert.equal((await bus.read('users.empty'))?.value?.byteLength, 0);
    assert.equal((await bus.read('users.deleted'))?.value, null);
  });

  test(`${name}: does not notice what becomes of the caller's buffer`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const value = Buffer.from('before');
    const putting = bus.put('users.a', value, 0);
    value.fill(0x78);
    assert.equal((await putting).kind, 'Stored');
    assert.equal(Buffer.from((await bus.read('users.a'))?.value ?? []).toString(), 'before');
  });

  test(`${name}: reads null for a key never written`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    assert.equal(await bus.read('users.nobody'), null);
  });

  test(`${name}: takes keys whose names hold every kind of character`, { skip }, async (t) => {
    const bus = await openConnected(await implementation.start(t));
    const key = resourceKey({ kind: 'User', name: "al.ice *>'(Ü)=/€" });
    const sequence = await store(bus, key, 'spec');
    assert.deepEqual(await bus.read(key), { key, sequence, value: Uint8Array.from(Buffer.from('spec')) });
  });

  test(`${name}: answers while cut off: a put is unknown, a read fails`, { skip }, async (t) => {
    const harness = await implementation.start(t);
    const bus = await openConnected(harness);
    const states = recordStates(bus);
    await harness.interrupt();
    await eventually(() => assert.equal(states.at(-1)?.kind, 'Disconnected'), { timeoutMs: 15_000 });
    const outcome = await within(10_000, 'the put', bus.put('users.a', Buffer.from('1'), 0));
    assert.ok(outcome.kind === 'Unknown' && outcome.reason.length > 0);
    await assert.rejects(within(10_000, 'the read', bus.read('users.a')), BusError);
    await assert.rejects(within(10_000, 'the blob', bus.putBlob('b', Buffer.from('1'))), BusError);
    bus.sendAck('p1', Buffer.from('lost'));
  });
}
