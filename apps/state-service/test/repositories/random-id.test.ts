import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandomId } from '../../src/repositories/random-id.ts';

test('makes ids of 16 letters and digits, each equally likely', () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 5_000; index++) {
    const id = createRandomId();
    assert.match(id, /^[A-Za-z0-9]{16}$/);
    for (const character of id) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.equal(counts.size, 62);
  const expected = (5_000 * 16) / 62;
  for (const [character, count] of counts)
    assert.ok(Math.abs(count - expected) < expected * 0.25, `${character}: ${count}`);
});
