import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '@sluice/live-config/digest/canonical-json.ts';
import fc from 'fast-check';
import { RecordBook } from '../../src/publish/record-book.ts';

const held = (generation: number, spec: object | null): { generation: number; specText: string | null } => ({
  generation,
  specText: spec === null ? null : canonicalJson(spec),
});

describe('generations of what is published', () => {
  it('go on from what the bucket holds, tombstones too', () => {
    const book = new RecordBook(
      new Map([
        ['same', held(4, { a: 1, b: 2 })],
        ['changed', held(7, { a: 1 })],
        ['gone', held(3, { a: 1 })],
        ['buried', held(9, null)],
        ['back', held(5, null)],
      ]),
    );
    assert.equal(book.set('same', { b: 2, a: 1 }), null);
    assert.deepEqual(book.set('changed', { a: 2 }), { key: 'changed', generation: 8, spec: { a: 2 } });
    assert.deepEqual(book.set('back', { a: 1 }), { key: 'back', generation: 6, spec: { a: 1 } });
    assert.deepEqual(book.set('new', { a: 1 }), { key: 'new', generation: 1, spec: { a: 1 } });
    book.finishFirst();
    assert.deepEqual(book.get('gone'), { key: 'gone', generation: 4, spec: null, specText: null });
    assert.equal(book.generationOf('gone'), null);
    assert.equal(book.get('buried')?.generation, 9);
    assert.equal(book.generationOf('same'), 4);
  });

  it('never stand for two contents of a key, and never go back', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b'), spec: fc.option(fc.record({ x: fc.nat(2) })) });
    const before = fc.dictionary(
      fc.constantFrom('a', 'b'),
      fc.tuple(fc.nat(5), fc.option(fc.record({ x: fc.nat(2) }))),
    );
    fc.assert(
      fc.property(before, fc.array(change), (inBucket, changes) => {
        const entries = Object.entries(inBucket).map(
          ([key, [generation, spec]]) => [key, held(generation + 1, spec)] as const,
        );
        const contents = new Map<string, string>(
          entries.map(([key, { generation, specText }]) => [`${key} ${generation}`, String(specText)]),
        );
        const last = new Map<string, number>(entries.map(([key, { generation }]) => [key, generation]));
        const book = new RecordBook(new Map(entries));
        for (const { key, spec } of changes) {
          const record = book.set(key, spec);
          if (record === null) continue;
          assert.ok(record.generation > (last.get(key) ?? 0));
          last.set(key, record.generation);
          const text = spec === null ? 'null' : canonicalJson(spec);
          assert.equal(contents.get(`${key} ${record.generation}`) ?? text, text);
          contents.set(`${key} ${record.generation}`, text);
        }
      }),
    );
  });
});
