import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sharedWeights } from '../../src/specs/shared-weights.ts';

describe('the weight of a Service', () => {
  it('is one for each endpoint when nothing else is there', () => {
    assert.deepEqual(sharedWeights([{ weight: 7, size: 3 }]), [1]);
  });

  it('is shared by its endpoints: two with one endpoint weigh as much as one with two', () => {
    const groups = [
      { weight: 1, size: 1 },
      { weight: 1, size: 2 },
    ];
    assert.deepEqual(sharedWeights(groups), [2, 1]);
  });

  it('counts for nothing where there is no endpoint or no weight', () => {
    const groups = [
      { weight: 5, size: 0 },
      { weight: 0, size: 4 },
      { weight: 3, size: 1 },
    ];
    assert.deepEqual(sharedWeights(groups), [0, 0, 1]);
    assert.deepEqual(sharedWeights([]), []);
  });

  it('keeps the proportions, within what the contract allows', () => {
    const group = fc.record({ weight: fc.nat(1000), size: fc.nat(300) });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 8 }), (groups) => {
        const weights = sharedWeights(groups);
        const shares = groups.map(({ weight, size }) => (size === 0 ? 0 : weight / size));
        const largest = Math.max(0, ...shares);
        for (const [index, weight] of weights.entries()) {
          const share = shares[index] ?? 0;
          assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= 1000, `${weight}`);
          assert.equal(weight === 0, share === 0);
          const heaviest = Math.max(...weights);
          // A whole number is off by half at most, and nobody's share is below one.
          assert.ok(Math.abs(weight - (share / (largest || 1)) * heaviest) <= 1, `${weight} of ${weights.join()}`);
        }
      }),
    );
  });
});
