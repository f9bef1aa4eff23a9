import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NdjsonLine, ndjsonLines } from '../../src/http/ndjson-lines.ts';

async function* cut(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const at of cuts.map((cutAt) => cutAt % (bytes.length + 1)).toSorted((a, b) => a - b)) {
    yield bytes.subarray(from, at);
    from = at;
  }
  yield bytes.subarray(from);
}

async function linesOf(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  maxLineBytes = 64,
): Promise<NdjsonLine[]> {
  return await Array.fromAsync(ndjsonLines(cut(Buffer.from(text), cuts), maxLineBytes));
}

test('the lines are the same however the bytes were cut', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\n', '').trim());
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }), async (lines, cuts) => {
      const expected = lines
        .map((text, index) => ({ kind: 'Line', number: index + 1, text: text.toWellFormed() }))
        .filter(({ text }) => text !== '');
      assert.deepEqual(await linesOf(lines.join('\n').toWellFormed(), cuts, 4096), expected);
    }),
  );
});

test('a line may end in CR LF, and the last one in nothing', async () => {
  assert.deepEqual(await linesOf('{"a":1}\r\n\r\n{"b":2}'), [
    { kind: 'Line', number: 1, text: '{"a":1}' },
    { kind: 'Line', number: 3, text: '{"b":2}' },
  ]);
});

test('a line that is too long is reported, and those after it are read', async () => {
  const lines = await linesOf(`${'x'.repeat(65)}\n{"a":1}\n${'y'.repeat(64)}`, [10, 30, 66]);
  assert.deepEqual(
    lines.map(({ kind, number }) => `${number} ${kind}`),
    ['1 Unreadable', '2 Line', '3 Line'],
  );
});

test('a line that is not UTF-8 is reported, and those after it are read', async () => {
  const lines = await linesOf(Buffer.concat([Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from('{}')]));
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['Unreadable', 'Line'],
  );
});
