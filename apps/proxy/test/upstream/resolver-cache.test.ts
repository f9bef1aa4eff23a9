import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ipv4Address } from '../../src/routing/ip-address.ts';
import { type AddressesByFamily, ResolverCache } from '../../src/upstream/resolver-cache.ts';
import { defaultResolverLimits } from '../../src/upstream/resolver-limits.ts';
import { ResolveError, type ResolveErrorCode } from '../../src/upstream/resolve-error.ts';

const addresses: AddressesByFamily = { 0: [ipv4Address(1)], 4: [ipv4Address(1)], 6: [] };

function failure(code: ResolveErrorCode): ResolveError {
  return new ResolveError('a.test', code, 'for the test');
}

function cacheWith(limits: Partial<typeof defaultResolverLimits> = {}): ResolverCache {
  return new ResolverCache({ ...defaultResolverLimits, ...limits });
}

describe('ResolverCache', () => {
  it('serves an answer for 5 s and wants it refreshed in the last second', () => {
    const cache = cacheWith();
    cache.storeAnswer('a.test', addresses, 1000);
    assert.deepEqual(cache.find('a.test', 4999), { kind: 'answer', addresses, isStale: false, isRefreshDue: false });
    assert.deepEqual(cache.find('a.test', 5000), { kind: 'answer', addresses, isStale: false, isRefreshDue: true });
    assert.equal(cache.find('a.test', 6000), undefined);
  });

  it('repeats a failure for 1 s', () => {
    const cache = cacheWith();
    const error = failure('NotFound');
    assert.equal(cache.storeFailure('a.test', error, 0), undefined);
    assert.deepEqual(cache.find('a.test', 999)?.kind, 'failure');
    assert.equal(cache.find('a.test', 1000), undefined);
  });

  for (const code of ['Failed', 'Timeout', 'Overloaded'] as const) {
    it(`serves the old answer after ${code} until it is 5 minutes old, with a new attempt due every second`, () => {
      const cache = cacheWith();
      cache.storeAnswer('a.test', addresses, 0);
      assert.equal(cache.storeFailure('a.test', failure(code), 200_000), addresses);
      assert.deepEqual(cache.find('a.test', 200_999), {
        kind: 'answer',
        addresses,
        isStale: true,
        isRefreshDue: false,
      });
      assert.deepEqual(cache.find('a.test', 201_000), { kind: 'answer', addresses, isStale: true, isRefreshDue: true });
      assert.equal(cache.storeFailure('a.test', failure(code), 299_999), addresses);
      assert.equal(cache.find('a.test', 300_000), undefined);
      assert.equal(cache.storeFailure('a.test', failure(code), 300_000), undefined);
    });
  }

  it('lets "no such name" end the old answer', () => {
    const cache = cacheWith();
    cache.storeAnswer('a.test', addresses, 0);
    assert.equal(cache.storeFailure('a.test', failure('NotFound'), 5000), undefined);
    assert.equal(cache.find('a.test', 5001)?.kind, 'failure');
  });

  it('returns to normal with the next answer', () => {
    const cache = cacheWith();
    cache.storeAnswer('a.test', addresses, 0);
    cache.storeFailure('a.test', failure('Failed'), 10_000);
    cache.storeAnswer('a.test', addresses, 11_000);
    assert.deepEqual(cache.find('a.test', 11_001), { kind: 'answer', addresses, isStale: false, isRefreshDue: false });
    assert.equal(cache.find('a.test', 16_000), undefined);
  });

  it('does not repeat an overload: the next request may find room', () => {
    const cache = cacheWith();
    cache.storeFailure('a.test', failure('Overloaded'), 0);
    assert.equal(cache.find('a.test', 1), undefined);
  });

  it('drops the least recently used name beyond the maximum, and counts it', () => {
    const cache = cacheWith({ maxEntries: 3 });
    for (const name of ['a', 'b', 'c']) cache.storeAnswer(name, addresses, 0);
    cache.find('a', 1);
    cache.storeAnswer('d', addresses, 2);
    assert.equal(cache.find('b', 3), undefined);
    assert.ok(cache.find('a', 3) && cache.find('c', 3) && cache.find('d', 3));
    assert.deepEqual([cache.size, cache.evictions], [3, 1]);
  });
});
