import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteBlocks } from '../../src/store/byte-blocks.ts';

describe('byte blocks', () => {
  it('give back what was put, beside whatever was freed and put since, over many chunks', () => {
    const steps = fc.array(
      fc.record({ length: fc.integer({ min: 0, max: 65_535 }), fill: fc.nat(255), isFreed: fc.boolean() }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const blocks = new ByteBlocks();
        const kept = new Map<number, Buffer>();
        for (const { length, fill, isFreed } of list) {
          const bytes = Buffer.alloc(length, fill);
          const reference = blocks.put(bytes);
          assert.ok(reference > 0 && !kept.has(reference));
          kept.set(reference, bytes);
          const [oldest] = kept.keys();
          if (!isFreed || oldest === undefined) continue;
          blocks.free(oldest);
          kept.delete(oldest);
        }
        for (const [reference, bytes] of kept) assert.ok(blocks.isEqual(reference, bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('use what was freed again, and keep text as it is', () => {
    const blocks = new ByteBlocks();
    const first = blocks.put(Buffer.from('Grüße'));
    assert.equal(blocks.text(first), 'Grüße');
    assert.equal(blocks.isEqual(first, Buffer.from('Gruss')), false);
    blocks.free(first);
    assert.equal(blocks.put(Buffer.from('as long')), first);
    assert.throws(() => blocks.put(Buffer.alloc(65_536)), /too long/);
    assert.throws(() => blocks.text(10 ** 6), /no reference/);
  });
});
