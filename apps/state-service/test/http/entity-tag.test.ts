import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { entityTag, isHeldByClient, isMet, readIfMatch, type VersionCondition } from '../../src/http/entity-tag.ts';
import { ProblemError } from '../../src/http/problem-error.ts';

function kindOfFailure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProblemError) return error.kind;
    throw error;
  }
  return 'none';
}

test('a condition read from the tag of a version is met by that version alone', () => {
  const version = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(version, version, (held, current) => {
      assert.equal(isMet(readIfMatch(entityTag(held)), current), held === current);
      assert.equal(isHeldByClient(entityTag(held), current), held === current);
    }),
  );
});

test('reads *, lists, and tags that nobody here wrote', () => {
  const cases: readonly (readonly [string, VersionCondition])[] = [
    ['*', { kind: 'Any' }],
    ['"7"', { kind: 'OneOf', tags: ['7'], versions: [7] }],
    ['"7", "9"', { kind: 'OneOf', tags: ['7', '9'], versions: [7, 9] }],
    ['"abc"', { kind: 'OneOf', tags: ['abc'], versions: [] }],
    ['"007"', { kind: 'OneOf', tags: ['007'], versions: [] }],
    ['"a,b", "3"', { kind: 'OneOf', tags: ['a,b', '3'], versions: [3] }],
  ];
  for (const [header, condition] of cases) assert.deepEqual(readIfMatch(header), condition, header);
});

test('a weak tag never meets If-Match and does meet If-None-Match', () => {
  assert.deepEqual(readIfMatch('W/"7"'), { kind: 'OneOf', tags: [], versions: [] });
  assert.equal(isHeldByClient('W/"7"', 7), true);
});

test('a missing If-Match is 428, an unreadable one 400', () => {
  assert.equal(
    kindOfFailure(() => readIfMatch(undefined)),
    'precondition-required',
  );
  for (const header of ['', '7', '"7', '"7" "8"', '"7",', '*, "7"', Array(17).fill('"1"').join(',')]) {
    assert.equal(
      kindOfFailure(() => readIfMatch(header)),
      'malformed-request',
      header,
    );
  }
});

test('any header is read or refused with a problem', () => {
  fc.assert(
    fc.property(fc.string(), (header) =>
      ['none', 'malformed-request'].includes(kindOfFailure(() => readIfMatch(header))),
    ),
  );
});
