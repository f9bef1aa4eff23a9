import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  countedPausesMs,
  createPauseMeter,
  longestPauseMs,
  type PauseMeter,
  pauseCounts,
} from '../../src/isolate/pause-meter.ts';

function openMeter(t: TestContext, nowMs: () => number): PauseMeter {
  const meter = createPauseMeter(nowMs);
  t.after(() => meter.close());
  return meter;
}

// A day, which no garbage collection of this test takes.
const dayMs = 86_400_000;

describe('the pause meter', () => {
  it('keeps the longest piece of work, read from shared memory', (t) => {
    let now = 0;
    const meter = openMeter(t, () => now);
    assert.equal(longestPauseMs(meter.shared), 0);
    const work = (durationMs: number): string => {
      now += durationMs;
      return `took ${durationMs}`;
    };
    assert.equal(
      meter.timed(() => work(dayMs)),
      `took ${dayMs}`,
    );
    meter.timed(() => work(dayMs / 2));
    assert.equal(longestPauseMs(meter.shared), dayMs);
    meter.note(dayMs + 0.5);
    assert.equal(longestPauseMs(structuredClone(meter.shared)), dayMs + 0.5);
  });

  it('measures work that throws too, and lets its error through', (t) => {
    let now = 0;
    const meter = openMeter(t, () => now);
    const fail = (): never => {
      now = dayMs;
      throw new RangeError('as the test says');
    };
    assert.throws(() => meter.timed(fail), RangeError);
    assert.equal(longestPauseMs(meter.shared), dayMs);
  });

  it('counts a pause under every length that it reached', (t) => {
    const meter = openMeter(t, () => 0);
    const before = pauseCounts(meter.shared);
    meter.note(dayMs);
    meter.note(999.9);
    meter.note(1);
    const more = pauseCounts(meter.shared).map((count, index) => count - (before[index] ?? 0));
    // A garbage collection may have been one of the short ones.
    for (const [index, lengthMs] of countedPausesMs.entries())
      assert.ok((more[index] ?? 0) >= (lengthMs === 1000 ? 1 : 2));
    assert.equal(more.at(-1), 1);
  });
});
