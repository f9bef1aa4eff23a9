import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { roundOrders } from '../../src/statistics/round-order.ts';
import { seededRandom } from '../../src/statistics/seeded-random.ts';

const contestants = ['a', 'b', 'c', 'd', 'e'];

test('every round holds every contestant once', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, rounds) => {
      const orders = roundOrders(contestants, rounds, seededRandom(seed));
      assert.equal(orders.length, rounds);
      for (const order of orders) assert.deepEqual(order.toSorted(), contestants);
    }),
  );
});

test('an odd round runs the round before it backwards', () => {
  const orders = roundOrders(contestants, 4, seededRandom(7));
  assert.deepEqual(orders[1], orders[0]?.toReversed());
  assert.deepEqual(orders[3], orders[2]?.toReversed());
});

test('even rounds are shuffled anew', () => {
  const orders = roundOrders(contestants, 20, seededRandom(7));
  const evenRounds = new Set(orders.filter((_, round) => round % 2 === 0).map((order) => order.join('')));
  assert.ok(evenRounds.size > 5);
});

test('the same seed gives the same orders, another seed others', () => {
  const orders = (seed: number) => roundOrders(contestants, 6, seededRandom(seed));
  assert.deepEqual(orders(3), orders(3));
  assert.notDeepEqual(orders(3), orders(4));
});
