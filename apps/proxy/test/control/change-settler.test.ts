import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ChangeSettler } from '../../src/control/change-settler.ts';

const times = { settleMs: 75, doubtMs: 300, maxDelayMs: 400 };

test('reports a change once, after the silence that its state asks for', () => {
  for (const [isDoubtful, silenceMs] of [
    [false, 75],
    [true, 300],
  ] as const) {
    const settler = new ChangeSettler(times);
    assert.equal(settler.leftMs(0), null);
    settler.changed(1_000, isDoubtful);
    assert.equal(settler.leftMs(1_000), silenceMs);
    assert.equal(settler.take(1_000 + silenceMs - 1), false);
    assert.equal(settler.take(1_000 + silenceMs), true);
    assert.equal(settler.take(1_000 + silenceMs), false);
  }
});

test('waits no longer than for itself once an absent file is back', () => {
  const settler = new ChangeSettler(times);
  settler.changed(0, true);
  settler.changed(100, false);
  assert.equal(settler.leftMs(100), 75);
});

test('reports every change within the longest delay, however the writes come', () => {
  const write = fc.record({ gapMs: fc.integer({ min: 0, max: 200 }), isDoubtful: fc.boolean() });
  fc.assert(
    fc.property(fc.array(write, { minLength: 1 }), (writes) => {
      const settler = new ChangeSettler(times);
      let nowMs = 0;
      let unreportedSinceMs: number | null = null;
      const advanceTo = (endMs: number): void => {
        for (; nowMs < endMs; nowMs += 1) {
          if (settler.take(nowMs)) unreportedSinceMs = null;
          assert.ok(unreportedSinceMs === null || nowMs - unreportedSinceMs <= times.maxDelayMs);
        }
      };
      for (const { gapMs, isDoubtful } of writes) {
        advanceTo(nowMs + gapMs);
        settler.changed(nowMs, isDoubtful);
        unreportedSinceMs ??= nowMs;
      }
      advanceTo(nowMs + times.maxDelayMs + 1);
      assert.equal(unreportedSinceMs, null);
    }),
  );
});
