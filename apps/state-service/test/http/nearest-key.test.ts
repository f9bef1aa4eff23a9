import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestKey } from '../../src/http/nearest-key.ts';

const known = ['name', 'enabled', 'destinations', 'groups', 'quota'];

test('finds the key that was meant, and none when nothing is near', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['Name', 'name'],
    ['enable', 'enabled'],
    ['gruops', 'groups'],
    ['destination', 'destinations'],
    ['password', null],
    ['', null],
    ['n'.repeat(10_000), null],
  ];
  for (const [given, meant] of cases) assert.equal(nearestKey(given, known), meant, given);
});
