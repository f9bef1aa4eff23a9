/** What a replica makes of a watch that ended: it goes on where that ended while nothing speaks against it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openLive } from '../live-harness.ts';
import { applied, ScriptedRange, SteppedCore } from './scripted-range.ts';

const bucket = 'b';

/** A core that follows a range of two users, by its first watch. */
function openFollowing(): { readonly range: ScriptedRange; readonly stepped: SteppedCore } {
  const range = new ScriptedRange();
  const stepped = new SteppedCore();
  stepped.step({ kind: 'RestoreEnded', header: null });
  stepped.step({ kind: 'Connected', bucket });
  stepped.step({ kind: 'HeadRead', watch: 1, value: null });
  for (const name of ['ann', 'bob']) stepped.bring(1, range.set(name, '{}'));
  stepped.step({ kind: 'Watched', watch: 1, event: { kind: 'SnapshotEnded' } });
  assert.equal(applied(stepped.bring(1, range.head())).length, 1);
  stepped.step({ kind: 'Applied', rejected: [] });
  return { range, stepped };
}

function lose(stepped: SteppedCore, watch: number): void {
  stepped.step({ kind: 'Watched', watch, event: { kind: 'Lost', reason: 'slow' } });
  assert.equal(stepped.core.status().isCurrent, false);
}

describe('a replica whose watch was lost', () => {
  it('goes on behind what had come, and needs no snapshot', () => {
    const { range, stepped } = openFollowing();
    const before = range.sequence;
    lose(stepped, 1);
    const missed = range.set('ann', null);
    assert.deepEqual(stepped.later(1_000), [{ kind: 'OpenWatch', watch: 2, behindSequence: before }]);
    stepped.bring(2, missed);
    const [apply] = applied(stepped.bring(2, range.head()));
    assert.deepEqual([...(apply?.changes.keys() ?? [])], ['users.ann']);
    stepped.step({ kind: 'Applied', rejected: [] });
    const { isCurrent, counters } = stepped.core.status();
    assert.deepEqual([isCurrent, counters.snapshots, counters.resumed], [true, 1, 1]);
  });

  it('keeps what had come of a batch', () => {
    const { range, stepped } = openFollowing();
    stepped.bring(1, range.set('cleo', '{}'));
    const before = range.sequence;
    lose(stepped, 1);
    assert.deepEqual(stepped.later(1_000), [{ kind: 'OpenWatch', watch: 2, behindSequence: before }]);
    stepped.bring(2, range.set('dan', '{}'));
    const [apply] = applied(stepped.bring(2, range.head()));
    assert.deepEqual([...(apply?.changes.keys() ?? [])].toSorted(), ['users.cleo', 'users.dan']);
  });

  it('keeps a large snapshot that had been loaded before the watch behind it was lost', () => {
    const range = new ScriptedRange();
    const stepped = new SteppedCore();
    range.set('ann', '{}');
    stepped.step({ kind: 'RestoreEnded', header: null });
    stepped.step({ kind: 'Connected', bucket });
    stepped.step({ kind: 'HeadRead', watch: 1, value: range.head({ snapshot: true }).value });
    stepped.step({ kind: 'BlobEntries', watch: 1, entries: range.all });
    const [opened] = stepped.step({ kind: 'BlobEnded', watch: 1 });
    lose(stepped, 1);
    assert.deepEqual(stepped.later(1_000), [{ ...opened, watch: 2 }]);
    assert.equal(applied(stepped.bring(2, range.head())).length, 1);
  });

  it('takes a snapshot when what it goes on with does not give the digest of the next head', () => {
    const { range, stepped } = openFollowing();
    range.set('ann', null); // and nobody tells
    lose(stepped, 1);
    stepped.later(1_000);
    assert.deepEqual(applied(stepped.bring(2, range.head())), []);
    assert.deepEqual(stepped.later(2_000), [{ kind: 'ReadHead', watch: 3 }]);
  });

  it('takes a snapshot when no head comes', () => {
    const { stepped } = openFollowing();
    lose(stepped, 1);
    stepped.later(1_000);
    assert.deepEqual(stepped.later(7_500), [{ kind: 'CloseWatch', watch: 2 }]);
    assert.deepEqual(stepped.later(2_000), [{ kind: 'ReadHead', watch: 3 }]);
  });

  it('takes a snapshot when it was lost before its own had ended, or again and again', () => {
    const { stepped } = openFollowing();
    for (const watch of [1, 2, 3]) {
      lose(stepped, watch);
      assert.equal(stepped.later(10_000)[0]?.kind, 'OpenWatch');
    }
    lose(stepped, 4);
    assert.deepEqual(stepped.later(10_000), [{ kind: 'ReadHead', watch: 5 }]);
    stepped.step({ kind: 'HeadRead', watch: 5, value: null });
    lose(stepped, 5);
    assert.deepEqual(stepped.later(10_000), [{ kind: 'ReadHead', watch: 6 }]);
  });

  it('goes on in the same bucket after the connection was gone, and takes a snapshot of another', () => {
    for (const [next, effect] of [
      [bucket, 'OpenWatch'],
      ['made anew', 'ReadHead'],
    ] as const) {
      const { stepped } = openFollowing();
      stepped.step({ kind: 'Disconnected', reason: 'cut off' });
      assert.deepEqual(stepped.kinds({ kind: 'Connected', bucket: next }), [effect]);
    }
  });

  it('does not go on with what belongs to a bucket that was there before another', () => {
    const { stepped } = openFollowing();
    stepped.step({ kind: 'Disconnected', reason: 'cut off' });
    for (const next of ['made anew', bucket]) {
      assert.ok(stepped.kinds({ kind: 'Connected', bucket: next }).includes('ReadHead'), next);
    }
  });

  it('takes a snapshot when everything must be applied again', () => {
    const { stepped } = openFollowing();
    lose(stepped, 1);
    assert.deepEqual(stepped.kinds({ kind: 'Recheck' }), ['ReadHead']);
    stepped.step({ kind: 'Disconnected', reason: 'cut off' });
    stepped.step({ kind: 'TableLost', reason: 'gone' });
    assert.deepEqual(stepped.kinds({ kind: 'Connected', bucket }), ['ReadHead']);
  });

  it('has in force what changed while it was cut off, of a range it does not read again', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 500; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher } = live.publish();
    const { bus, has, replica } = live.follow();
    await has('users.u7', { index: 7 });
    const before = replica.status()[0]?.counters['entries'] ?? 0;
    bus.interrupt('cut off by the test');
    await publisher.publish([live.truth.set('users.u7', { index: 70 }), live.truth.set('users.u8', null)]);
    bus.restore();
    await has('users.u7', { index: 70 });
    await has('users.u8', undefined);
    await eventually(() => assert.equal(replica.status()[0]?.isCurrent, true));
    const { snapshots, entries } = replica.status()[0]?.counters ?? {};
    assert.deepEqual([snapshots, entries], [1, before + 2]);
  });
});
