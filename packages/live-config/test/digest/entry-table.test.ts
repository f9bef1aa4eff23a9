import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type EntryFacts, EntryTable } from '../../src/digest/entry-table.ts';

function facts(number: number): EntryFacts {
  const hash = new Uint8Array(32).fill(number % 251);
  return { epoch: number, generation: number * 2, sequence: number * 3, isLive: number % 3 !== 0, hash };
}

describe('the table of entries', () => {
  it('remembers what a map of objects would, over growth, deletion and reuse', () => {
    const steps = fc.array(
      fc.record({ key: fc.nat(40), number: fc.integer({ min: 1, max: 10 ** 6 }), isSet: fc.boolean() }),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const table = new EntryTable();
        const model = new Map<string, EntryFacts>();
        for (const { key, number, isSet } of list) {
          const name = `users.${key}`;
          if (isSet) {
            table.set(name, facts(number));
            model.set(name, facts(number));
          } else {
            table.delete(name);
            model.delete(name);
          }
        }
        assert.deepEqual(contents(table), new Map([...model].map(([key, value]) => [key, comparable(value)])));
        assert.equal(table.size, model.size);
        assert.ok(table.indexEnd <= 41);
      }),
    );
  });

  it('tells the same entry from another', () => {
    const table = new EntryTable();
    const index = table.set('users.a', facts(1));
    assert.equal(table.isSameAt(index, facts(1)), true);
    assert.equal(table.isSameAt(index, { ...facts(1), generation: 3 }), false);
    assert.equal(table.isSameAt(index, { ...facts(1), isLive: false }), false);
    assert.equal(table.isSameAt(index, { ...facts(1), hash: new Uint8Array(32) }), false);
    assert.equal(table.indexOf('users.b'), -1);
  });
});

function comparable({ epoch, generation, sequence, isLive, hash }: EntryFacts): unknown {
  return { epoch, generation, sequence, isLive, hash: isLive ? Buffer.from(hash).toString('hex') : '' };
}

function contents(table: EntryTable): ReadonlyMap<string, unknown> {
  return new Map(
    [...table.entries()].map(([key, index]) => [
      key,
      comparable({
        epoch: table.epochAt(index),
        generation: table.generationAt(index),
        sequence: table.sequenceAt(index),
        isLive: table.isLiveAt(index),
        hash: table.hashAt(index),
      }),
    ]),
  );
}
