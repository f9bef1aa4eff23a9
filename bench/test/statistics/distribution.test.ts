import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { distribution } from '../../src/statistics/distribution.ts';

test('five values give the middle one and the quartiles between order statistics', () => {
  assert.deepEqual(distribution([5, 1, 4, 2, 3]), {
    count: 5,
    min: 1,
    lowerQuartile: 2,
    median: 3,
    upperQuartile: 4,
    max: 5,
  });
});

test('an even number of values is interpolated', () => {
  const even = distribution([1, 2, 3, 10]);
  assert.equal(even?.median, 2.5);
  assert.equal(even.lowerQuartile, 1.75);
  assert.equal(even.upperQuartile, 4.75);
});

test('one value is its own distribution', () => {
  assert.deepEqual(distribution([7]), { count: 1, min: 7, lowerQuartile: 7, median: 7, upperQuartile: 7, max: 7 });
});

test('nothing, or a value that is no number, has no distribution', () => {
  assert.equal(distribution([]), undefined);
  assert.equal(distribution([1, Number.NaN]), undefined);
  assert.equal(distribution([1, Number.POSITIVE_INFINITY]), undefined);
});

test('the order of the values never matters, and the quartiles never cross', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, (list) => {
      const found = distribution(list);
      assert.deepEqual(found, distribution(list.toReversed()));
      assert.ok(found);
      const ordered = [found.min, found.lowerQuartile, found.median, found.upperQuartile, found.max];
      assert.ok(ordered.every((value, index) => index === 0 || value >= (ordered[index - 1] ?? 0)));
      const below = list.filter((value) => value <= found.median).length;
      const above = list.filter((value) => value >= found.median).length;
      assert.ok(below * 2 >= list.length && above * 2 >= list.length);
    }),
  );
});
