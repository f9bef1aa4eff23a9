import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScryptVerifier } from '../src/scrypt-verifier.ts';
import { saidOf } from './said-of.ts';

const salt = Buffer.alloc(16, 7).toString('base64').replaceAll('=', '');
const hash = Buffer.alloc(32, 9).toString('base64').replaceAll('=', '');

function verifier(costs: string, saltText = salt, hashText = hash): string {
  return `$scrypt$${costs}$${saltText}$${hashText}`;
}

test('reads a PHC string within its bounds', () => {
  assert.deepEqual(parseScryptVerifier(verifier('ln=15,r=8,p=1')), {
    kind: 'valid',
    value: { ln: 15, r: 8, p: 1, salt, hash },
  });
  assert.equal(parseScryptVerifier(verifier('ln=17,r=8,p=1')).kind, 'valid');
  assert.equal(parseScryptVerifier(verifier('ln=13,r=8,p=16')).kind, 'valid');
});

test('refuses costs that one check cannot be allowed', () => {
  const expected: Readonly<Record<string, RegExp>> = {
    'ln=18,r=8,p=1': /^has ln=18/,
    'ln=0,r=8,p=1': /^has ln=0/,
    'ln=17,r=16,p=1': /^needs more than 128 MiB/,
    'ln=15,r=33,p=1': /^has r=33/,
    'ln=15,r=8,p=17': /^has p=17/,
    'ln=17,r=8,p=5': /^takes too long/,
    'ln=16,r=1,p=1': /^has ln=16, too large for r=1/,
  };
  for (const [costs, said] of Object.entries(expected))
    assert.match(saidOf(parseScryptVerifier(verifier(costs))), said, costs);
});

test('refuses salts and hashes of other lengths, padding and stray bits', () => {
  const said = (text: string): string => saidOf(parseScryptVerifier(text));
  assert.match(said(verifier('ln=15,r=8,p=1', 'YWJj')), /^has no salt of 8 to 64 bytes/);
  assert.match(said(verifier('ln=15,r=8,p=1', salt, 'YWJj')), /^has no hash of 16 to 64 bytes/);
  assert.match(said(verifier('ln=15,r=8,p=1', salt, `${hash}=`)), /^is not a well-formed scrypt verifier/);
  assert.match(said(verifier('ln=15,r=8,p=1', `${salt.slice(0, -1)}x`)), /^has no salt/);
});

test('never repeats the text, which may be a password', () => {
  for (const text of [
    'hunter2',
    '$argon2id$v=19$m=1,t=1,p=1$hunter2$hunter2',
    '$2b$10$hunter2',
    '$scrypt$hunter2',
    verifier('ln=15,r=8,p=1', 'hunter2'),
  ]) {
    const said = saidOf(parseScryptVerifier(text));
    assert.ok(!said.includes('hunter2'), said);
    assert.ok(!said.startsWith('='), said);
  }
  assert.match(saidOf(parseScryptVerifier('$argon2id$x')), /^is a verifier of argon2id \(write it as argon2id:/);
  assert.match(saidOf(parseScryptVerifier('$2b$10$x')), /^is a verifier of bcrypt/);
});
