import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProblemKind, problemKinds, problemType } from '@sluice/contract/state-api/problem.ts';
import { retryDelayMs } from '../../../src/cli/state/retry-decision.ts';

const kinds = Object.keys(problemKinds) as ProblemKind[];

function delays(kind: ProblemKind, isRepeatable: boolean, retryAfterSeconds: number | null = null): (number | null)[] {
  return [1, 2, 3, 4].map((number) =>
    retryDelayMs({ kind: 'Problem', type: problemType(kind), retryAfterSeconds }, { number, isRepeatable }),
  );
}

describe('making a request again', () => {
  it('does so three times where nothing was done, later each time', () => {
    for (const kind of ['rate-limited', 'overloaded', 'database-unavailable'] as const) {
      assert.deepEqual(delays(kind, false), [250, 500, 1000, null], kind);
    }
  });

  it('does so where something may have been done only if that is harmless', () => {
    for (const kind of ['idempotency-in-flight', 'outcome-unknown'] as const) {
      assert.deepEqual(delays(kind, true), [250, 500, 1000, null], kind);
      assert.deepEqual(delays(kind, false), [null, null, null, null], kind);
    }
    for (const isRepeatable of [true, false]) {
      const wasSent = retryDelayMs({ kind: 'Network', wasSent: true }, { number: 1, isRepeatable });
      assert.equal(wasSent, isRepeatable ? 250 : null);
      assert.equal(retryDelayMs({ kind: 'Network', wasSent: false }, { number: 1, isRepeatable }), null);
    }
  });

  it('never repeats what was refused for good', () => {
    const passing = ['rate-limited', 'overloaded', 'database-unavailable', 'idempotency-in-flight', 'outcome-unknown'];
    for (const kind of kinds.filter((candidate) => !passing.includes(candidate))) {
      assert.deepEqual(delays(kind, true), [null, null, null, null], kind);
    }
  });

  it('waits as long as the service asks, but no person waits a minute', () => {
    assert.deepEqual(delays('overloaded', false, 2), [2000, 2000, 2000, null]);
    assert.deepEqual(delays('rate-limited', true, 60), [null, null, null, null]);
  });
});
