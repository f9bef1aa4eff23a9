import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ScryptVerifier } from '../../src/credentials/scrypt-verifier.ts';
import { VerifiedCache } from '../../src/credentials/verified-cache.ts';

function verifier(): ScryptVerifier {
  return { cost: { ln: 4, r: 8, p: 1 }, salt: Buffer.alloc(16), hash: Buffer.alloc(32) };
}

suite('cache of verified credentials', () => {
  test('an entry answers for its verifier only, and is gone after another asked', () => {
    const cache = new VerifiedCache({ maxEntries: 10, timeToLiveMs: 1000 });
    const [old, changed] = [verifier(), verifier()];
    cache.add('a', old, 0);
    assert.ok(cache.has('a', old, 0));
    assert.ok(!cache.has('b', old, 0));
    assert.ok(!cache.has('a', changed, 0), 'equal bytes are not the same verifier');
    assert.equal(cache.size, 0);
  });

  test('an entry ends its time after it was added, used or not', () => {
    const cache = new VerifiedCache({ maxEntries: 10, timeToLiveMs: 1000 });
    const known = verifier();
    cache.add('a', known, 500);
    for (const nowMs of [500, 1000, 1499]) assert.ok(cache.has('a', known, nowMs));
    assert.ok(!cache.has('a', known, 1500));
    assert.equal(cache.size, 0);
  });

  test('the least recently used entry makes room, and is counted', () => {
    const cache = new VerifiedCache({ maxEntries: 3, timeToLiveMs: 1000 });
    const known = verifier();
    for (const key of ['a', 'b', 'c']) cache.add(key, known, 0);
    assert.ok(cache.has('a', known, 0));
    cache.add('d', known, 0);
    cache.add('d', known, 0);
    assert.equal(cache.evictions, 1);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => cache.has(key, known, 0)),
      [true, false, true, true],
    );
  });

  test('never holds more than its limit', () => {
    const cache = new VerifiedCache({ maxEntries: 100, timeToLiveMs: 1000 });
    for (let index = 0; index < 10_000; index++) {
      cache.add(`key ${index}`, verifier(), 0);
      assert.ok(cache.size <= 100);
    }
    assert.equal(cache.evictions, 9900);
  });
});
