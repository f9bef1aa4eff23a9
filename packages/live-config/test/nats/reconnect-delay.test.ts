import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reconnectDelayMs } from '../../src/nats/reconnect-delay.ts';

const pace = { reconnectMinMs: 100, reconnectMaxMs: 5_000 };

test('doubles from attempt to attempt, up to the maximum', () => {
  const delays = [0, 1, 2, 5, 6, 100].map((attempt) => reconnectDelayMs(attempt, pace, 0));
  assert.deepEqual(delays, [100, 200, 400, 3_200, 5_000, 5_000]);
});

test('is never less than half of what it is without randomness, and never more', () => {
  const attempts = fc.nat({ max: 1_000 });
  fc.assert(
    fc.property(attempts, fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const fullMs = reconnectDelayMs(attempt, pace, 0);
      const ms = reconnectDelayMs(attempt, pace, random);
      assert.ok(ms >= fullMs / 2 - 1 && ms <= fullMs && Number.isInteger(ms));
    }),
  );
});
