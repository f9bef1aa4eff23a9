import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Weakening } from './model-world.ts';
import { runInterleaving } from './run-interleaving.ts';

const seeds = 300;

function violations(without: Weakening): readonly string[] {
  const found: string[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const { violation } = runInterleaving(seed, { without });
    if (violation !== null) found.push(violation);
  }
  return found;
}

describe('the model', () => {
  it('finds that without fencing and compare-and-set a revoked user comes back', () => {
    const found = violations('Fencing');
    assert.ok(
      found.some((violation) => /is there again|over \d/.test(violation)),
      `found ${found.length}`,
    );
  });

  it('finds that watches that are resumed, not begun with a snapshot, miss what was deleted for ever', () => {
    const found = violations('Snapshots');
    assert.ok(
      found.some((violation) => violation.startsWith('not converged')),
      `found ${found.length}`,
    );
    assert.ok(found.length > seeds / 10, `found ${found.length}`);
  });

  it('finds that a truth listed page by page confirms states that never were', () => {
    for (const seed of [105, 352, 938, 1947, 2051]) {
      assert.match(runInterleaving(seed, { without: 'OneMoment' }).violation ?? '', /never was|is there again/);
      assert.equal(runInterleaving(seed).violation, null);
    }
  });

  it('finds that a repair ahead of what the publisher was told confirms states that never were', () => {
    for (const seed of [4434, 9322, 12_366, 21_088]) {
      assert.match(runInterleaving(seed, { without: 'Telling' }).violation ?? '', /never was|is there again/);
      assert.equal(runInterleaving(seed).violation, null);
    }
  });

  it('runs a seed the same way each time', () => {
    const [once, again] = [7, 7].map((seed) => runInterleaving(seed, { isNoted: true }).history);
    assert.ok((once?.length ?? 0) > 100);
    assert.deepEqual(once, again);
  });
});
