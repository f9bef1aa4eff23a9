import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SettlePace } from '../../src/reconcile/settle-pace.ts';

/** Changes that come in even intervals for two seconds: how many publications they take, and the longest wait. */
function run(everyMs: number, changesAtOnce = 1): { readonly publications: number; readonly longestMs: number } {
  const pace = new SettlePace(0);
  let publications = 0;
  let longestMs = 0;
  for (let nowMs = everyMs; nowMs < 2_000; ) {
    const waitMs = pace.waitMs(nowMs);
    longestMs = Math.max(longestMs, waitMs);
    const intervals = Math.max(1, Math.ceil(waitMs / everyMs));
    pace.published(intervals * changesAtOnce, nowMs + waitMs);
    nowMs += intervals * everyMs;
    publications += 1;
  }
  return { publications, longestMs };
}

describe('the pace of publication', () => {
  it('hardly holds up single changes, however long they go on', () => {
    assert.deepEqual(run(40), { publications: 49, longestMs: 2 });
    assert.deepEqual(run(80, 2), { publications: 24, longestMs: 2 });
  });

  it('puts a flood together: some ten publications a second', () => {
    const { publications, longestMs } = run(1);
    assert.equal(longestMs, 96);
    assert.ok(publications < 30, String(publications));
    assert.ok(run(10).publications < 60, String(run(10).publications));
  });

  it('has forgotten a flood soon after it', () => {
    const pace = new SettlePace(0);
    pace.published(5_000, 0);
    assert.equal(pace.waitMs(0), 96);
    assert.equal(pace.waitMs(400), 2);
  });

  it('is not confused by a clock that stands still or goes back', () => {
    const pace = new SettlePace(100);
    pace.published(1, 100);
    assert.equal(pace.waitMs(50), 2);
    assert.equal(pace.waitMs(50), 2);
  });
});
