import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PackedKeys } from '../../src/store/packed-keys.ts';

describe('packed keys', () => {
  it('number keys as a map would, over growth, deletion and reuse, whatever they are made of', () => {
    const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.nat(60).map(String));
    const steps = fc.array(fc.record({ key, isTaken: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (list) => {
        const keys = new PackedKeys();
        const model = new Map<string, number>();
        for (const { key: each, isTaken } of list) {
          if (isTaken) model.set(each, keys.take(each));
          else {
            assert.equal(keys.delete(each), model.get(each) ?? -1);
            model.delete(each);
          }
          assert.equal(keys.indexOf(each), model.get(each) ?? -1);
        }
        assert.equal(keys.size, model.size);
        assert.deepEqual(new Map(keys.entries()), model);
        assert.equal(new Set(model.values()).size, model.size);
      }),
    );
  });

  it('keep their numbers while the index is split, and find the rest when half of them are gone', () => {
    const keys = new PackedKeys();
    const count = 60_000;
    for (let number = 0; number < count; number += 1) assert.equal(keys.take(`users.user-${number}`), number);
    for (let number = 0; number < count; number += 2) assert.equal(keys.delete(`users.user-${number}`), number);
    for (let number = 0; number < count; number += 1) {
      assert.equal(keys.indexOf(`users.user-${number}`), number % 2 === 0 ? -1 : number);
    }
    for (let number = 0; number < count; number += 2) keys.take(`users.other-${number}`);
    assert.equal(keys.end, count);
    assert.equal(keys.size, count);
  });

  it('do not take what is no Unicode for what it would be written as', () => {
    const keys = new PackedKeys();
    keys.take('\uFFFD');
    assert.equal(keys.indexOf('\uD800'), -1);
    assert.equal(keys.delete('\uD800'), -1);
    assert.throws(() => keys.take('\uD800'), /not well-formed/);
  });
});
