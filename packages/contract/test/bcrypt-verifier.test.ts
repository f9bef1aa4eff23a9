import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseBcryptVerifier } from '../src/bcrypt-verifier.ts';
import { saidOf } from './said-of.ts';

/** The password is `U*U` (from the test vectors of crypt_blowfish). */
const vector = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

test('reads the three variants in use', () => {
  for (const variant of ['2a', '2b', '2y'] as const)
    assert.deepEqual(parseBcryptVerifier(vector.replace('2a', variant)), {
      kind: 'valid',
      value: { variant, cost: 5 },
    });
});

test('refuses costs out of bounds, other variants, other lengths and stray bits', () => {
  const said = (text: string): string => saidOf(parseBcryptVerifier(text));
  assert.match(said(vector.replace('$05$', '$15$')), /^has cost 15 \(use a cost from 4 to 14\)/);
  assert.match(said(vector.replace('$05$', '$03$')), /^has cost 3/);
  assert.match(said(vector.replace('2a', '2x')), /^is not a bcrypt verifier/);
  assert.match(said(vector.slice(0, -1)), /^is not a well-formed/);
  assert.match(said(`${vector}W`), /^is not a well-formed/);
  assert.match(said(`${vector.slice(0, -1)}X`), /^is not a well-formed/);
  assert.match(said(vector.replace('C.E5', 'CAE5')), /^is not a well-formed/);
  assert.match(said(`${vector}\n`), /^is not a well-formed/);
});

test('never repeats the text, and names the algorithm a verifier is of', () => {
  for (const text of ['hunter2', '$2b$10$hunter2', '$2y$hunter2'])
    assert.ok(!saidOf(parseBcryptVerifier(text)).includes('hunter2'), text);
  assert.match(saidOf(parseBcryptVerifier('$argon2id$v=19$')), /^is a verifier of argon2id/);
});

test('whatever the text, it answers', () => {
  const digits = fc.constantFrom('.', '/', 'A', 'B', 'C', 'Z', 'a', 'b', 'c', 'x', '0', '9');
  const texts = fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.array(digits, { minLength: 50, maxLength: 55 }))
    .map(([cost, rest]) => `$2b$${String(cost).padStart(2, '0')}$${rest.join('')}`);
  fc.assert(
    fc.property(fc.oneof(texts, fc.string()), (text) => {
      const parsed = parseBcryptVerifier(text);
      if (parsed.kind === 'valid') assert.ok(text.length === 60 && parsed.value.cost >= 4 && parsed.value.cost <= 14);
    }),
    { numRuns: 2000 },
  );
});
