import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TruthRecord } from '../../src/publisher/truth.ts';
import { ScriptedBus } from './scripted-bus.ts';

const key = 'users.ann';
const ann = (generation: number): TruthRecord => ({ key, generation, spec: { generation } });

/** Taking over: everything has been listed, and a foreign entry is under a key. */
function repairing(listed: readonly TruthRecord[]): ScriptedBus {
  const bus = new ScriptedBus();
  bus.takeOver(1);
  bus.list(1, listed);
  bus.storeAll();
  bus.foreign({ key, generation: 1 });
  bus.step({ kind: 'TruthEnded', listing: 1 });
  assert.deepEqual(bus.effects.at(-1), { kind: 'ListTruth', listing: 2, keys: [key] });
  return bus;
}

describe('a repair while a range is taken over', () => {
  it('does not put what its listing shows over a change that was told after that', () => {
    const bus = repairing([ann(1)]);
    bus.step({ kind: 'Changed', ticket: 1, records: [ann(2)] });
    bus.storeAll();
    bus.list(2, [ann(1)]);
    bus.storeAll();
    bus.step({ kind: 'TruthEnded', listing: 2 });
    bus.storeAll();
    assert.equal(bus.messages(key).at(-1)?.['generation'], 2);
    const { revision, digest } = bus.messages('head.users').at(-1) ?? {};
    assert.deepEqual([revision, digest], [1, bus.core.status().digest]);
  });

  it('does not delete what was created after its listing', () => {
    const bus = repairing([]);
    bus.step({ kind: 'Changed', ticket: 1, records: [ann(2)] });
    bus.storeAll();
    bus.step({ kind: 'TruthEnded', listing: 2 });
    bus.storeAll();
    assert.deepEqual(bus.messages(key).at(-1)?.['spec'], { generation: 2 });
    assert.equal(bus.core.status().count, 1);
  });

  it('counts a change in that was told while it was listed', () => {
    const bus = repairing([ann(1)]);
    bus.step({ kind: 'Changed', ticket: 1, records: [{ key: 'users.bob', generation: 1, spec: {} }] });
    bus.list(2, [ann(1)]);
    bus.storeAll();
    assert.equal(bus.count('Covered'), 0);
    bus.step({ kind: 'TruthEnded', listing: 2 });
    bus.storeAll();
    assert.equal(bus.messages('head.users').at(-1)?.['count'], 2);
    assert.deepEqual(
      bus.effects.find(({ kind }) => kind === 'Covered'),
      { kind: 'Covered', epoch: 1, ticket: 1, revision: 1 },
    );
  });
});
