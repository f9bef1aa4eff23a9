import assert from 'node:assert/strict';
import { argon2Sync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseArgon2idVerifier } from '../src/argon2id-verifier.ts';
import { saidOf } from './said-of.ts';

const salt = Buffer.alloc(16, 7).toString('base64').replaceAll('=', '');
const hash = Buffer.alloc(32, 9).toString('base64').replaceAll('=', '');

function verifier(costs: string, saltText = salt, hashText = hash): string {
  return `$argon2id$v=19$${costs}$${saltText}$${hashText}`;
}

test('reads a PHC string within its bounds', () => {
  assert.deepEqual(parseArgon2idVerifier(verifier('m=19456,t=2,p=1')), {
    kind: 'valid',
    value: { memoryKib: 19_456, passes: 2, parallelism: 1, salt, hash },
  });
  for (const costs of ['m=8,t=1,p=1', 'm=262144,t=4,p=8', 'm=65536,t=3,p=4'])
    assert.equal(parseArgon2idVerifier(verifier(costs)).kind, 'valid', costs);
});

test('refuses costs that one check cannot be allowed', () => {
  const expected: Readonly<Record<string, RegExp>> = {
    'm=262145,t=1,p=1': /^needs more than 256 MiB/,
    'm=262144,t=5,p=1': /^takes too long/,
    'm=7,t=1,p=1': /^has m=7 \(use m from 8 on\)/,
    'm=63,t=1,p=8': /^has m=63 \(use m from 64 on\)/,
    'm=19456,t=0,p=1': /^has t=0/,
    'm=64,t=11,p=1': /^has t=11/,
    'm=19456,t=1,p=0': /^has p=0/,
    'm=19456,t=1,p=9': /^has p=9/,
    't=2,m=19456,p=1': /^is not a well-formed/,
  };
  for (const [costs, said] of Object.entries(expected))
    assert.match(saidOf(parseArgon2idVerifier(verifier(costs))), said, costs);
});

test('refuses other versions, salts and hashes of other lengths, and stray bits', () => {
  const said = (text: string): string => saidOf(parseArgon2idVerifier(text));
  assert.match(said(verifier('m=8,t=1,p=1').replace('v=19', 'v=16')), /^is not a well-formed/);
  assert.match(said(verifier('m=8,t=1,p=1', 'YWJj')), /^has no salt of 8 to 64 bytes/);
  assert.match(said(verifier('m=8,t=1,p=1', salt, 'YWJj')), /^has no hash of 16 to 64 bytes/);
  assert.match(said(verifier('m=8,t=1,p=1', `${salt.slice(0, -1)}x`)), /^has no salt/);
  assert.match(said(verifier('m=8,t=1,p=1', salt, 'A'.repeat(300))), /^is not a well-formed/);
});

test('never repeats the text, and names the algorithm a verifier is of', () => {
  for (const text of ['hunter2', '$argon2id$hunter2', verifier('m=8,t=1,p=1', 'hunter2'), '$argon2i$v=19$hunter2'])
    assert.ok(!saidOf(parseArgon2idVerifier(text)).includes('hunter2'), text);
  assert.match(saidOf(parseArgon2idVerifier('$scrypt$ln=1')), /^is a verifier of scrypt \(write it as scrypt:/);
  assert.match(saidOf(parseArgon2idVerifier('$2b$10$x')), /^is a verifier of bcrypt/);
});

test('what it lets in, the platform can compute; whatever the text, it answers', () => {
  const costs = fc.record({ m: fc.integer({ min: 0, max: 80 }), t: fc.nat(11), p: fc.nat(9) });
  let computed = 0;
  fc.assert(
    fc.property(costs, fc.uint8Array({ minLength: 7, maxLength: 66 }), ({ m, t, p }, bytes) => {
      const part = Buffer.from(bytes).toString('base64').replaceAll('=', '');
      const parsed = parseArgon2idVerifier(verifier(`m=${m},t=${t},p=${p}`, part, part));
      if (parsed.kind === 'invalid') return;
      const { memoryKib: memory, passes, parallelism } = parsed.value;
      const tagLength = Buffer.from(parsed.value.hash, 'base64').length;
      const nonce = Buffer.from(parsed.value.salt, 'base64');
      const key = argon2Sync('argon2id', { message: 'p', nonce, memory, passes, parallelism, tagLength });
      assert.equal(key.length, bytes.length);
      computed += 1;
    }),
    { numRuns: 1000 },
  );
  assert.ok(computed > 50, `${computed}`);
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(parseArgon2idVerifier(`$argon2id$${text}`).kind, 'invalid');
      assert.equal(parseArgon2idVerifier(randomBytes(20).toString('latin1') + text).kind, 'invalid');
    }),
  );
});
