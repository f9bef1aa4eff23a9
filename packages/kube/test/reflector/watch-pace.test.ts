import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WatchPace } from '../../src/reflector/watch-pace.ts';

const served = { lastedMs: 300_000, hasProgressed: true, isOrderly: true, retryAfterMs: null };

test('asks again at once after a watch that went well', () => {
  assert.equal(new WatchPace().afterWatch(served, 0.5), 0);
});

test('leaves about a second between the watches of a server that closes after each event', () => {
  const pace = new WatchPace();
  for (let n = 0; n < 10; n += 1) {
    const waitMs = pace.afterWatch({ ...served, lastedMs: 5 }, 0.5);
    assert.ok(waitMs > 700 && waitMs <= 1_000, String(waitMs));
  }
});

test('waits longer and longer for a server that closes without saying anything, up to half a minute', () => {
  const pace = new WatchPace();
  const waits = Array.from({ length: 12 }, () =>
    pace.afterWatch({ ...served, lastedMs: 5, hasProgressed: false }, 0.99),
  );
  assert.ok(waits.every((wait, at) => at === 0 || wait >= (waits[at - 1] ?? 0)));
  assert.ok((waits.at(-1) ?? 0) > 29_000 && (waits.at(-1) ?? 0) <= 30_000);
});

test('lists at once after a 410, and with growing waits if each list is followed by another', () => {
  const pace = new WatchPace();
  assert.equal(pace.afterExpiry(false, 0.5), 0);
  const waits = [1, 2, 3].map(() => pace.afterExpiry(false, 0.5));
  assert.deepEqual(waits, [750, 1_500, 3_000]);
  assert.equal(pace.afterExpiry(true, 0.5), 0);
});

test('doubts the version after four refusals in a row, and again after four more, but not for a server that is away', () => {
  const pace = new WatchPace();
  for (let n = 0; n < 8; n += 1) pace.afterFailure(null, 0);
  assert.equal(pace.doubtsVersion, false);
  const doubts = Array.from({ length: 8 }, () => {
    pace.refused();
    return pace.doubtsVersion;
  });
  assert.deepEqual(doubts, [false, false, false, true, false, false, false, true]);
});

test('is bounded in how often it asks, whatever the server does', () => {
  const end = fc.record({
    lastedMs: fc.nat(3_000),
    hasProgressed: fc.boolean(),
    isOrderly: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(5_000)),
  });
  fc.assert(
    fc.property(fc.array(end, { minLength: 1, maxLength: 60 }), (ends) => {
      const pace = new WatchPace();
      let nowMs = 0;
      for (const one of ends) nowMs += one.lastedMs + pace.afterWatch(one, 0);
      // At worst: 250 ms after a first failure, 750 ms after a useful watch.
      assert.ok(nowMs >= ends.length * 250);
    }),
  );
});
