import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileKeyFilters } from '../../src/memory/key-filter.ts';

const cases: readonly (readonly [string, string, boolean])[] = [
  ['users.>', 'users.a', true],
  ['users.>', 'users.a.b', true],
  ['users.>', 'users', false],
  ['users.>', 'usersx.a', false],
  ['users.*', 'users.a', true],
  ['users.*', 'users.a.b', false],
  ['*.users', 'head.users', true],
  ['*.>', 'a.b.c', true],
  ['>', 'a', true],
  ['head.users', 'head.users', true],
  ['head.users', 'head.routing', false],
];

for (const [filter, key, expected] of cases) {
  test(`the filter ${filter} ${expected ? 'names' : 'does not name'} ${key}`, () => {
    assert.equal(compileKeyFilters([filter])(key), expected);
  });
}

test('several filters name what one of them names, no filters nothing', () => {
  assert.equal(compileKeyFilters(['head.users', 'users.>'])('users.a'), true);
  assert.equal(compileKeyFilters([])('users.a'), false);
});
