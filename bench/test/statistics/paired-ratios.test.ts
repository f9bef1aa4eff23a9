import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { distribution } from '../../src/statistics/distribution.ts';
import { pairedRatios } from '../../src/statistics/paired-ratios.ts';

test('ratios are taken inside a round, whatever the order of the samples', () => {
  const subject = [
    { round: 1, value: 30 },
    { round: 0, value: 8 },
  ];
  const other = [
    { round: 0, value: 10 },
    { round: 1, value: 40 },
  ];
  assert.deepEqual(pairedRatios(subject, other), [0.8, 0.75]);
});

test('a round that lacks one side gives no ratio', () => {
  const subject = [0, 1, 2].map((round) => ({ round, value: 1 }));
  const other = [
    { round: 1, value: 2 },
    { round: 3, value: 4 },
  ];
  assert.deepEqual(pairedRatios(subject, other), [0.5]);
});

test('a divisor of zero gives no ratio', () => {
  assert.deepEqual(pairedRatios([{ round: 0, value: 1 }], [{ round: 0, value: 0 }]), []);
});

test('a machine that is slower in some rounds moves no paired ratio', () => {
  const drifts = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(drifts, (drift) => {
      const subject = drift.map((factor, round) => ({ round, value: 80 * factor }));
      const other = drift.map((factor, round) => ({ round, value: 100 * factor }));
      const median = distribution(pairedRatios(subject, other))?.median ?? 0;
      assert.ok(Math.abs(median - 0.8) < 1e-9);
    }),
  );
});
