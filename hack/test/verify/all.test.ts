import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCheckOn } from '../planted-tree.ts';

const scripts = join(import.meta.dirname, '../../verify');

describe('hack/verify/all.sh', () => {
  it('runs every check, reports each that fails with its time, and fails', (t) => {
    const { exitCode, output } = runCheckOn(t, 'all', {});
    const checks = readdirSync(scripts).filter((name) => name.endsWith('.sh') && name !== 'all.sh');
    assert.notEqual(exitCode, 0);
    for (const check of checks) {
      assert.match(output, new RegExp(`^FAILED +${check.replace('.sh', '')} +\\d+\\.\\d s$`, 'm'), output);
    }
    assert.match(output, new RegExp(`${checks.length} of ${checks.length} checks failed`));
  });
});
