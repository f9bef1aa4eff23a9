import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChangeSet } from '../../src/replica/change-set.ts';

function put(changes: ChangeSet, key: string, generation: number, specText: string | null): void {
  changes.set(
    key,
    { epoch: 1, generation, hash: new Uint8Array(32), isLive: specText !== null, sequence: 0 },
    specText,
  );
}

function textOf(number: number, length: number): string {
  return `{"n":${number},"x":"${'é'.repeat(length)}"}`;
}

describe('a set of changes', () => {
  it('has the newest of each key, in the order they were set last, also of many and long ones', () => {
    const step = fc.record({
      key: fc.nat(700),
      length: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 40_000 })),
      isDeleted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 1500, size: 'max' }), (list) => {
        const changes = new ChangeSet();
        const model = new Map<string, string | null>();
        for (const [number, { key, length, isDeleted }] of list.entries()) {
          const text = isDeleted ? null : textOf(number, length);
          put(changes, `users.${key}`, number, text);
          model.delete(`users.${key}`);
          model.set(`users.${key}`, text);
        }
        assert.deepEqual(
          [...changes].map(({ key, specText }) => [key, specText]),
          [...model],
        );
        for (const [key, text] of model) assert.equal(changes.get(key)?.specText, text);
        assert.deepEqual(
          [...changes.drain()].map(({ key, specText }) => [key, specText]),
          [...model],
        );
        assert.equal(changes.size, model.size);
      }),
      { numRuns: 10 },
    );
  });

  it('lets go of texts that nobody has any more', () => {
    const changes = new ChangeSet();
    put(changes, 'users.first', 1, textOf(0, 0));
    for (let number = 0; number < 20_000; number += 1) put(changes, `users.${number % 10}`, number, textOf(number, 5));
    assert.equal(changes.size, 11);
    assert.equal(changes.get('users.first')?.specText, textOf(0, 0));
    assert.deepEqual(
      [...changes].slice(-10).map(({ generation, specText }) => [generation, specText]),
      Array.from({ length: 10 }, (_, index) => [19_990 + index, textOf(19_990 + index, 5)]),
    );
  });

  it('is merged: what came later wins', () => {
    const [earlier, later] = [new ChangeSet(), new ChangeSet()];
    put(earlier, 'users.a', 1, textOf(1, 1));
    put(earlier, 'users.b', 1, textOf(1, 1));
    put(later, 'users.a', 2, null);
    put(later, 'users.c', 2, textOf(2, 1));
    earlier.merge(later);
    assert.deepEqual(
      [...earlier].map(({ key, generation, specText }) => [key, generation, specText]),
      [
        ['users.b', 1, textOf(1, 1)],
        ['users.a', 2, null],
        ['users.c', 2, textOf(2, 1)],
      ],
    );
    assert.equal(earlier.get('users.d'), null);
  });
});
