import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPageCursor, writePageCursor } from '../../src/http/page-cursor.ts';
import { ProblemError } from '../../src/http/problem-error.ts';

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }).filter((text) => text.isWellFormed());

test('a cursor brings back the key it was made of, in characters a URL takes as they are', () => {
  fc.assert(
    fc.property(fc.string(), key, (list, after) => {
      const cursor = writePageCursor(list, after);
      assert.match(cursor, /^[A-Za-z0-9_-]+$/);
      if (cursor.length <= 1024) assert.equal(readPageCursor(list, cursor), after);
    }),
  );
});

test('a cursor of another list, or of the same with other filters, is refused', () => {
  const cursor = writePageCursor('/v1/users?', 'alice');
  assert.throws(() => readPageCursor('/v1/users?enabled=true', cursor), ProblemError);
});

test('any text that is no cursor is refused with a problem', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      assert.throws(() => readPageCursor('/v1/users?', text), ProblemError);
    }),
  );
});
