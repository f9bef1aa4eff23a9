import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VerifiedCache, type VerifiedAgainst } from '../../src/credentials/verified-cache.ts';

const known: VerifiedAgainst = { birth: 1, verifier: '$scrypt$x' };

function has(cache: VerifiedCache, key: string, nowMs: number, isGood = true): boolean {
  return cache.find(key, nowMs, () => isGood) !== undefined;
}

suite('cache of verified credentials', () => {
  test('an entry says what it was verified against, and is gone once that is refused', () => {
    const cache = new VerifiedCache({ maxEntries: 10, timeToLiveMs: 1000 });
    cache.add('a', known, 0);
    const found = cache.find('a', 0, ({ birth, verifier }) => birth === 1 && verifier === '$scrypt$x');
    assert.deepEqual([found?.birth, found?.verifier], [1, '$scrypt$x']);
    assert.ok(!has(cache, 'b', 0));
    assert.ok(!has(cache, 'a', 0, false));
    assert.ok(!has(cache, 'a', 0));
    assert.equal(cache.size, 0);
  });

  test('an entry ends its time after it was added, used or not', () => {
    const cache = new VerifiedCache({ maxEntries: 10, timeToLiveMs: 1000 });
    cache.add('a', known, 500);
    for (const nowMs of [500, 1000, 1499]) assert.ok(has(cache, 'a', nowMs));
    assert.ok(!has(cache, 'a', 1500));
    assert.equal(cache.size, 0);
  });

  test('the least recently used entry makes room, and is counted', () => {
    const cache = new VerifiedCache({ maxEntries: 3, timeToLiveMs: 1000 });
    for (const key of ['a', 'b', 'c']) cache.add(key, known, 0);
    assert.ok(has(cache, 'a', 0));
    cache.add('d', known, 0);
    cache.add('d', known, 0);
    assert.equal(cache.evictions, 1);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => has(cache, key, 0)),
      [true, false, true, true],
    );
  });

  test('never holds more than its limit', () => {
    const cache = new VerifiedCache({ maxEntries: 100, timeToLiveMs: 1000 });
    for (let index = 0; index < 10_000; index++) {
      cache.add(`key ${index}`, known, 0);
      assert.ok(cache.size <= 100);
    }
    assert.equal(cache.evictions, 9900);
  });
});
