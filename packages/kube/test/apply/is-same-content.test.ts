import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSameContent } from '../../src/apply/is-same-content.ts';

test('says of any JSON value that it is the same as its copy, with its keys in another order', () => {
  const reordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reordered);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, one]) => [key, reordered(one)]),
    );
  };
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.ok(isSameContent(value, reordered(value)))));
});

test('tells values apart as JSON does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      if (JSON.stringify(a) === JSON.stringify(b)) assert.ok(isSameContent(a, b));
    }),
  );
  const different: readonly [unknown, unknown][] = [
    [1, '1'],
    [null, undefined],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: null }],
    [[], {}],
    [[{ type: 'A', status: 'True' }], [{ type: 'A', status: 'False' }]],
    [[{ type: 'A' }], [{ type: 'B' }]],
    [
      [{ type: 'A' }, { type: 'A' }],
      [{ type: 'A' }, { type: 'B' }],
    ],
  ];
  for (const [a, b] of different) {
    assert.equal(isSameContent(a, b), false, JSON.stringify([a, b]));
    assert.equal(isSameContent(b, a), false, JSON.stringify([b, a]));
  }
});

test('takes an undefined field for none, and conditions for a set', () => {
  assert.ok(isSameContent({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(isSameContent([{ type: 'A' }, { type: 'B' }], [{ type: 'B' }, { type: 'A' }]));
});
