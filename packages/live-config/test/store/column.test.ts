import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Column } from '../../src/store/column.ts';

/** On both sides of the first pieces' ends, and far from them. */
const index = fc.oneof(fc.nat(40), fc.integer({ min: 16_380, max: 16_390 }), fc.nat(100_000));

describe('a column', () => {
  it('is a map of numbers in which what was never set is zero', () => {
    const step = fc.record({ index, value: fc.nat(255) });
    for (const kind of [Float64Array, Uint32Array, Uint8Array]) {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.array(index, { maxLength: 20 }), (steps, others) => {
          const column = new Column(kind);
          const model = new Map<number, number>();
          for (const { index: at, value } of steps) {
            column.set(at, value);
            model.set(at, value);
          }
          for (const at of [...model.keys(), ...others]) assert.equal(column.at(at), model.get(at) ?? 0);
        }),
      );
    }
  });

  it('keeps what its kind can hold', () => {
    const column = new Column(Float64Array);
    column.set(70_000, 2 ** 53 - 1);
    assert.equal(column.at(70_000), 2 ** 53 - 1);
    assert.equal(column.at(69_999), 0);
    assert.equal(column.at(10_000_000), 0);
  });
});
