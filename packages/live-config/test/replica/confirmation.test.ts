/** What a replica does while it takes in a table that is too large for one turn of its isolate. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { ReplicaEffect } from '../../src/replica/replica-step.ts';
import { openLive } from '../live-harness.ts';
import { applied, ScriptedRange, SteppedCore } from './scripted-range.ts';

const count = 5_000;
const watch = 1;

/** A core that has read a table from a snapshot, up to the head that confirms it. */
function openLarge(): { readonly range: ScriptedRange; readonly stepped: SteppedCore } {
  const range = new ScriptedRange();
  for (let index = 0; index < count; index += 1) range.set(`u${index}`, `{"n":${index}}`);
  const stepped = new SteppedCore();
  stepped.step({ kind: 'RestoreEnded', header: null });
  assert.deepEqual(stepped.kinds({ kind: 'Connected', bucket: 'b' }), ['ReadHead']);
  assert.deepEqual(stepped.kinds({ kind: 'HeadRead', watch, value: range.head({ snapshot: true }).value }), [
    'LoadBlob',
  ]);
  stepped.step({ kind: 'BlobEntries', watch, entries: range.all });
  assert.deepEqual(stepped.kinds({ kind: 'BlobEnded', watch }), ['OpenWatch']);
  return { range, stepped };
}

describe('the confirmation of a large table', () => {
  it('is spread over many steps, and has it applied as one after the last', () => {
    const { range, stepped } = openLarge();
    let effects: readonly ReplicaEffect[] = stepped.bring(watch, range.head());
    let steps = 0;
    for (; effects.some(({ kind }) => kind === 'Proceed'); steps += 1) {
      assert.deepEqual(applied(effects), []);
      assert.equal(stepped.core.status().doubt, 'nothing has been read yet');
      effects = stepped.step({ kind: 'Proceed' });
    }
    assert.ok(steps >= count / 1_000, `${steps} steps`);
    const [apply] = applied(effects);
    assert.deepEqual([apply?.isWhole, apply?.revision, apply?.changes.size], [true, 2, count]);
    assert.equal(stepped.core.status().doubt, null);
    assert.equal(stepped.core.status().count, count);
  });

  it('is finished at once before whatever does not wait for it', () => {
    const { range, stepped } = openLarge();
    assert.deepEqual(applied(stepped.bring(watch, range.head())), []);
    const changed = range.set('u7', '{"n":"changed"}');
    const [first] = applied(stepped.bring(watch, changed));
    assert.equal(first?.changes.size, count);
    assert.equal(first.changes.get(changed.key)?.specText, '{"n":7}');
    stepped.bring(watch, range.head());
    const [second] = applied(stepped.step({ kind: 'Applied', rejected: [] }));
    assert.deepEqual([second?.isWhole, second?.revision, second?.changes.size], [false, 3, 1]);
    assert.deepEqual(stepped.kinds({ kind: 'Proceed' }), []);
  });

  it('drops what a later snapshot no longer has, step by step too', () => {
    const { range, stepped } = openLarge();
    const through = (effects: readonly ReplicaEffect[]): readonly ReplicaEffect[] =>
      effects.some(({ kind }) => kind === 'Proceed') ? through(stepped.step({ kind: 'Proceed' })) : effects;
    through(stepped.bring(watch, range.head()));
    stepped.step({ kind: 'Applied', rejected: [] });
    stepped.step({ kind: 'Connected', bucket: 'another' });
    const later = new ScriptedRange();
    for (let revision = 0; revision < 2; revision += 1) later.head();
    assert.deepEqual(stepped.kinds({ kind: 'HeadRead', watch: 2, value: null }), ['OpenWatch']);
    stepped.bring(2, later.set('u3', '{"n":3}'));
    stepped.step({ kind: 'Watched', watch: 2, event: { kind: 'SnapshotEnded' } });
    const begun = stepped.bring(2, later.head());
    assert.deepEqual(
      begun.map(({ kind }) => kind),
      ['Proceed'],
    );
    const [apply] = applied(through(begun));
    assert.equal(apply?.changes.size, count - 1);
    assert.equal(stepped.core.status().count, 1);
  });

  it('leaves the isolate to others between two steps, and takes afterwards what came meanwhile', async (t) => {
    const live = openLive(t);
    for (let index = 0; index < 20_000; index += 1) live.truth.set(`users.u${index}`, { index });
    const { publisher } = live.publish();
    await eventually(() => assert.equal(publisher.status().phase, 'Publishing'), { timeoutMs: 30_000 });
    const { replica, requests, has } = live.follow();
    let turns = 0;
    while (requests.length === 0) {
      await new Promise((resolve) => void setImmediate(resolve));
      if ((replica.status()[0]?.counters['heads'] ?? 0) > 0) turns += 1;
    }
    assert.ok(turns >= 10, `${turns} turns`);
    await publisher.publish([live.truth.set('users.u7', { index: 70 })]);
    await has('users.u7', { index: 70 });
  });
});

describe('a snapshot that is loaded slowly', () => {
  it('is not doubted for that nothing else comes meanwhile', () => {
    const range = new ScriptedRange();
    range.set('ann', '{}');
    const stepped = new SteppedCore();
    stepped.step({ kind: 'RestoreEnded', header: null });
    stepped.step({ kind: 'Connected', bucket: 'b' });
    stepped.step({ kind: 'HeadRead', watch, value: range.head({ snapshot: true }).value });
    for (let second = 0; second < 60; second += 1) {
      stepped.nowMs += 1_000;
      assert.deepEqual(stepped.kinds({ kind: 'Tick' }), []);
    }
    stepped.step({ kind: 'BlobEntries', watch, entries: range.all });
    assert.deepEqual(stepped.kinds({ kind: 'BlobEnded', watch }), ['OpenWatch']);
    assert.equal(applied(stepped.bring(watch, range.head())).length, 1);
  });
});
