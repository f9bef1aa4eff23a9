import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentiles } from '../../src/statistics/percentiles.ts';

test('takes the nearest rank of values in any order', () => {
  const values = Array.from({ length: 500 }, (_, index) => (index * 7) % 500);
  assert.deepEqual(percentiles(values), { count: 500, p50: 249, p90: 449, p99: 494, max: 499 });
  assert.deepEqual(percentiles([3]), { count: 1, p50: 3, p90: 3, p99: 3, max: 3 });
});

test('describes nothing that was not measured', () => {
  assert.equal(percentiles([]), undefined);
  assert.equal(percentiles([1, Number.NaN]), undefined);
});
