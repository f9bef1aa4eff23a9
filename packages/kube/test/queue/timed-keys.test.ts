import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimedKeys } from '../../src/queue/timed-keys.ts';

const added = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(1_000), fc.boolean()));

test('gives keys back in the order of their earliest times, whatever was added and removed', () => {
  fc.assert(
    fc.property(added, (steps) => {
      const keys = new TimedKeys();
      const model = new Map<string, number>();
      for (const [key, dueMs, isRemoved] of steps) {
        if (isRemoved) {
          keys.remove(key);
          model.delete(key);
        } else {
          keys.add(key, dueMs);
          model.set(key, Math.min(model.get(key) ?? Number.POSITIVE_INFINITY, dueMs));
        }
      }
      const times: number[] = [];
      for (let dueMs = keys.earliestMs(); dueMs !== null; dueMs = keys.earliestMs()) {
        assert.equal(keys.takeDue(dueMs - 1), null);
        const key = keys.takeDue(dueMs);
        assert.equal(model.get(key ?? ''), dueMs);
        model.delete(key ?? '');
        times.push(dueMs);
      }
      assert.equal(model.size, 0);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('does not grow when one key is put off and moved again and again', () => {
  const keys = new TimedKeys();
  for (let n = 100_000; n > 0; n -= 1) keys.add('a', n);
  assert.equal(keys.size, 1);
  assert.equal(keys.takeDue(1), 'a');
  assert.equal(keys.earliestMs(), null);
});
