import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Attempt, retryDelayMs } from '../../src/client/retry-policy.ts';

const refused: Attempt = { status: 429, retryAfterMs: null, isRead: false, repeated: 0, remainingMs: 60_000 };

test('repeats what was not executed, and what the server asks to repeat', () => {
  assert.equal(retryDelayMs(refused, 0), 500);
  assert.equal(retryDelayMs({ ...refused, retryAfterMs: 2_000 }, 0), 2_000);
  assert.equal(retryDelayMs({ ...refused, status: 503, retryAfterMs: 1_000 }, 0), 1_000);
  assert.equal(retryDelayMs({ ...refused, status: 503 }, 0), null);
  assert.equal(retryDelayMs({ ...refused, status: 409 }, 0), null);
  assert.equal(retryDelayMs({ ...refused, status: null }, 0), null);
  assert.equal(retryDelayMs({ ...refused, status: null, isRead: true }, 0), 50);
});

test('never asks before the server said, never after the deadline, and not for ever', () => {
  const attempts = fc.record({
    status: fc.constantFrom(null, 200, 400, 404, 409, 429, 500, 503),
    retryAfterMs: fc.option(fc.nat(100_000)),
    isRead: fc.boolean(),
    repeated: fc.nat(20),
    remainingMs: fc.integer({ min: -10, max: 100_000 }),
  });
  fc.assert(
    fc.property(attempts, fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delayMs = retryDelayMs(attempt, random);
      if (delayMs === null) return;
      assert.ok(delayMs >= (attempt.retryAfterMs ?? 0));
      assert.ok(delayMs < attempt.remainingMs);
      assert.ok(attempt.repeated < 10);
    }),
  );
});
