import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteRows } from '../../src/store/byte-rows.ts';

/** On both sides of the first pieces' ends, and far from them. */
const index = fc.oneof(fc.nat(40), fc.integer({ min: 4_090, max: 4_100 }), fc.nat(20_000));
const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });

describe('rows of bytes', () => {
  it('are a map of byte strings in which what was never set is zero', () => {
    const step = fc.record({ index, bytes });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), index, bytes, (steps, other, unlike) => {
        const rows = new ByteRows(4);
        const model = new Map<number, Uint8Array>();
        for (const { index: at, bytes: row } of steps) {
          rows.set(at, row);
          model.set(at, row);
        }
        for (const at of [...model.keys(), other]) {
          const wanted = model.get(at) ?? new Uint8Array(4);
          assert.deepEqual([...rows.at(at)], [...wanted]);
          assert.equal(rows.isEqual(at, wanted), true);
          assert.equal(rows.isEqual(at, unlike), Buffer.compare(wanted, unlike) === 0);
        }
      }),
    );
  });
});
