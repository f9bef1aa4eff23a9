import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatResults } from '../../test-runner/format-results.ts';
import type { TaskOutcome } from '../../test-runner/test-task.ts';

function outcomeOf(path: string, durationMs: number, failed = 0): TaskOutcome {
  const task = { suite: 'unit', path, args: [], timeoutMs: 1, isAlone: false } as const;
  return { task, counts: { passed: 2, failed, skipped: 0 }, durationMs, report: '' };
}

describe('formatResults', () => {
  it('names the ten slowest files, slowest first', () => {
    const outcomes = Array.from({ length: 12 }, (_, index) => outcomeOf(`file-${index}`, index * 1000));
    const lines = formatResults(outcomes).split('\n');
    assert.deepEqual(
      lines.slice(1, 11).map((line) => line.trim().split(/\s+/).at(-1)),
      Array.from({ length: 10 }, (_, index) => `file-${11 - index}`),
    );
  });

  it('ends with one plain line that sums up all suites', () => {
    assert.equal(
      formatResults([outcomeOf('a', 1), outcomeOf('b', 1, 3)])
        .split('\n')
        .at(-1),
      '4 passed, 3 failed',
    );
  });
});
