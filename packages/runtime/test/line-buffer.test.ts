import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { countLines, LineBuffer } from '../src/line-buffer.ts';

function takeAll(buffer: LineBuffer): string {
  let text = '';
  for (let chunk = buffer.take(); chunk !== null; chunk = buffer.take()) {
    text += chunk.bytes.toString('utf8');
    buffer.reuse(chunk);
  }
  return text;
}

test('gives back the lines it took, whole and in order, and never holds more than its bound', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((line) => line.replaceAll(/[\n\r]/gu, ''));
  const line = fc.oneof(
    text,
    fc.tuple(text, fc.nat({ max: 40_000 })).map(([part, times]) => `${part}|`.repeat(times % 2_000)),
  );
  const step = fc.oneof({ arbitrary: line, weight: 9 }, { arbitrary: fc.constant(null), weight: 1 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 300_000 }), (steps, maxBytes) => {
      const buffer = new LineBuffer(maxBytes);
      let expected = '';
      let taken = '';
      for (const next of steps) {
        if (next === null) taken += takeAll(buffer);
        else if (buffer.add(next, 0)) expected += `${next}\n`;
        else assert.ok(buffer.bytes + Buffer.byteLength(next) + 1 > maxBytes, 'refused although there was room');
        assert.ok(buffer.bytes <= maxBytes);
      }
      taken += takeAll(buffer);
      assert.equal(taken, expected);
      assert.equal(buffer.bytes, 0);
    }),
  );
});

test('adds a newline only where there is none', () => {
  const buffer = new LineBuffer(1_000_000);
  for (const line of ['a', 'b\n', '', '\n', `${'c'.repeat(30_000)}\n`, 'd'.repeat(30_000)]) buffer.add(line, 0);
  assert.equal(takeAll(buffer), `a\nb\n\n\n${'c'.repeat(30_000)}\n${'d'.repeat(30_000)}\n`);
});

test('counts what is taken but not written against the bound', () => {
  const buffer = new LineBuffer(10);
  assert.equal(buffer.add('12345', 5), false);
  assert.equal(buffer.add('1234', 5), true);
});

test('counts the lines that end in a chunk', () => {
  assert.equal(countLines(Buffer.from('a\nb\nc'), 0), 2);
  assert.equal(countLines(Buffer.from('a\nb\n'), 1), 2);
  assert.equal(countLines(Buffer.from(''), 0), 0);
});
