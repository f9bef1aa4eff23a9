import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../src/pace/token-bucket.ts';

test('lets a burst pass at once, and then one in each interval', () => {
  const bucket = new TokenBucket(10, 3, 0);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => bucket.reserve(0)),
    [0, 0, 0, 100, 200],
  );
  assert.equal(bucket.reserve(1_000), 0);
});

test('never lets more pass than its rate and burst allow', () => {
  const steps = fc.array(fc.nat(300), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (waits, rate, burst) => {
      const bucket = new TokenBucket(rate, burst, 0);
      let nowMs = 0;
      let passed = 0;
      for (const wait of waits) {
        nowMs += wait;
        if (bucket.tryTake(nowMs)) passed += 1;
      }
      assert.ok(passed <= burst + (nowMs / 1000) * rate + 1e-6);
    }),
  );
});

test('is not filled by a clock that goes back', () => {
  const bucket = new TokenBucket(10, 1, 1_000);
  assert.equal(bucket.tryTake(1_000), true);
  assert.equal(bucket.tryTake(0), false);
});
