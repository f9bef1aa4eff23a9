import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineTooLongError, WatchLines } from '../../src/client/watch-lines.ts';

const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replaceAll('\n', ' ')));

test('gives the same lines however the bytes are cut', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(40)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const reader = new WatchLines(1_000_000);
      const read: string[] = [];
      let from = 0;
      for (const cut of cuts) {
        read.push(...reader.push(bytes.subarray(from, from + cut)));
        from = Math.min(bytes.length, from + cut);
      }
      read.push(...reader.push(bytes.subarray(from)));
      assert.deepEqual(read, lines);
      assert.equal(reader.heldBytes, 0);
    }),
  );
});

test('never holds more than its bound, and says when a line exceeds it', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      const reader = new WatchLines(60);
      const longest = Math.max(
        0,
        ...Buffer.concat(chunks)
          .toString('latin1')
          .split('\n')
          .map((line) => line.length),
      );
      const push = (): void => {
        for (const chunk of chunks) {
          reader.push(chunk);
          assert.ok(reader.heldBytes <= 60);
        }
      };
      if (longest > 60) assert.throws(push, LineTooLongError);
      else push();
    }),
  );
});

test('reads a large line that comes in small pieces in time that grows with its length', () => {
  const reader = new WatchLines(20_000_000);
  const piece = Buffer.alloc(1_000, 'x');
  const began = performance.now();
  for (let n = 0; n < 10_000; n += 1) assert.deepEqual(reader.push(piece), []);
  assert.equal(reader.push(Buffer.from('\n'))[0]?.length, 10_000_000);
  // Joining at each piece would copy 50 GB.
  assert.ok(performance.now() - began < 5_000);
});
