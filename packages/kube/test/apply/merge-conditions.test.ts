import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Condition, ObservedCondition } from '../../src/apply/condition.ts';
import { isSameContent } from '../../src/apply/is-same-content.ts';
import { conditionTime, mergeConditions } from '../../src/apply/merge-conditions.ts';

const before: Condition[] = [
  { type: 'Ready', status: 'True', reason: 'Ready', message: '', observedGeneration: 1, lastTransitionTime: 't0' },
  { type: 'Stalled', status: 'False', reason: 'No', message: '', observedGeneration: 1, lastTransitionTime: 't0' },
];

test('moves the time of a condition only when its status changes', () => {
  const observed: ObservedCondition[] = [
    { type: 'Ready', status: 'True', reason: 'Other', message: 'new words', observedGeneration: 2 },
    { type: 'Stalled', status: 'True', reason: 'Yes', message: '', observedGeneration: 2 },
    { type: 'New', status: 'Unknown', reason: 'Pending', message: '' },
  ];
  const times = mergeConditions(before, observed, 't1').map(({ type, lastTransitionTime }) => [
    type,
    lastTransitionTime,
  ]);
  assert.deepEqual(times, [
    ['Ready', 't0'],
    ['Stalled', 't1'],
    ['New', 't1'],
  ]);
});

const observed = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('A', 'B', 'C'),
    status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
    reason: fc.string(),
    message: fc.string(),
  }),
  { selector: ({ type }) => type },
);

test('changes nothing when the same is observed again, in any order, at any time', () => {
  fc.assert(
    fc.property(observed, (conditions) => {
      const once = mergeConditions([], conditions, 't0');
      const twice = mergeConditions(once, conditions.toReversed(), 't9');
      assert.ok(isSameContent(once, twice));
    }),
  );
});

test('writes times in whole seconds', () => {
  assert.equal(conditionTime(Date.UTC(2030, 0, 1, 2, 3, 4, 567)), '2030-01-01T02:03:04Z');
});
