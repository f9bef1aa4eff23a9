import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { SharedTexts } from '../../src/users/shared-texts.ts';

const text = fc.oneof(
  fc.constantFrom('a', 'b', ''),
  fc.string({ unit: 'binary', maxLength: 20 }),
  // No Unicode, and longer than is packed.
  fc.constantFrom('\uD800', 'x'.repeat(30_000), '\u20AC'.repeat(20_000), '\u20AC'.repeat(20_001)),
);

describe('shared texts', () => {
  it('have one number each while somebody holds them, which another may have afterwards', () => {
    const texts = new SharedTexts();
    const first = texts.hold('a');
    assert.equal(texts.hold('a'), first);
    const second = texts.hold('b');
    assert.notEqual(second, first);
    texts.release(first);
    assert.equal(texts.text(first), 'a');
    texts.release(first);
    assert.equal(texts.hold('c'), first);
    assert.deepEqual([texts.text(first), texts.text(second)], ['c', 'b']);
    assert.notEqual(texts.hold('a'), first);
  });

  it('are what was held, whatever is held and let go of', () => {
    const step = fc.record({ text, isHeld: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const texts = new SharedTexts();
        const held = new Map<string, { readonly number: number; holders: number }>();
        for (const { text: each, isHeld } of steps) {
          const known = held.get(each);
          if (isHeld) {
            const number = texts.hold(each);
            assert.equal(number, known?.number ?? number);
            held.set(each, { number, holders: (known?.holders ?? 0) + 1 });
          } else if (known !== undefined) {
            texts.release(known.number);
            known.holders -= 1;
            if (known.holders === 0) held.delete(each);
          }
          for (const [wanted, { number }] of held) assert.equal(texts.text(number), wanted);
        }
        assert.equal(new Set([...held.values()].map(({ number }) => number)).size, held.size);
      }),
    );
  });
});
