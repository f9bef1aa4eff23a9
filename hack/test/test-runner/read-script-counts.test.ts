import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readScriptCounts } from '../../test-runner/read-script-counts.ts';

describe('readScriptCounts', () => {
  it('sums the closing lines of several GoogleTest programs', () => {
    const text = [
      '[==========] 3 tests from 1 test suite ran. (1 ms total)',
      '[  PASSED  ] 3 tests.',
      '[  PASSED  ] 1 test.',
      '[  SKIPPED ] 2 tests, listed below:',
      '[  FAILED  ] 4 tests, listed below:',
      '[  FAILED  ] Relay.keepsHalfClose',
    ].join('\n');
    assert.deepEqual(readScriptCounts(text), { passed: 4, failed: 4, skipped: 2 });
  });

  it('counts each finished libFuzzer run as one passed test', () => {
    assert.deepEqual(readScriptCounts('Done 100 runs in 15 second(s)\nDone 7 runs in 15 second(s)\n'), {
      passed: 2,
      failed: 0,
      skipped: 0,
    });
  });

  it('prefers the last plain line to everything before it', () => {
    const text = '[  PASSED  ] 3 tests.\nasan: 1 passed, 0 failed\n12 passed, 1 failed, 2 skipped\n';
    assert.deepEqual(readScriptCounts(text), { passed: 12, failed: 1, skipped: 2 });
  });

  it('answers null for text that counts nothing', () => {
    assert.equal(readScriptCounts('all is well\n'), null);
  });
});
