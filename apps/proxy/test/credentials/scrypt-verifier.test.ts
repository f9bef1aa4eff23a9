import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { deriveScryptKey } from '../../src/credentials/derive-scrypt-key.ts';
import { defaultScryptCost, hashPassword } from '../../src/credentials/hash-password.ts';
import { formatScryptVerifier, parseScryptVerifier } from '../../src/credentials/scrypt-verifier.ts';

const cheap = { ln: 4, r: 8, p: 1 };
const salt = Buffer.from('0123456789abcdef');

suite('scrypt verifiers', () => {
  test('RFC 7914 vectors derive the published keys', async () => {
    const pleaseletmein = await deriveScryptKey({
      password: 'pleaseletmein',
      salt: Buffer.from('SodiumChloride'),
      cost: { ln: 14, r: 8, p: 1 },
      keyBytes: 64,
    });
    assert.equal(
      pleaseletmein.toString('hex'),
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
        'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    );
    const password = await deriveScryptKey({
      password: 'password',
      salt: Buffer.from('NaCl'),
      cost: { ln: 10, r: 8, p: 16 },
      keyBytes: 64,
    });
    assert.equal(password.toString('hex', 0, 16), 'fdbabe1c9d3472007856e7190d01e9fe');
  });

  test('a verifier is read back as it was written', async () => {
    const text = await hashPassword('secret', { cost: cheap, salt });
    assert.match(text, /^\$scrypt\$ln=4,r=8,p=1\$MDEyMzQ1Njc4OWFiY2RlZg\$[A-Za-z0-9+/]{43}$/);
    const verifier = parseScryptVerifier(text);
    assert.ok(verifier !== null);
    assert.deepEqual(verifier.cost, cheap);
    assert.deepEqual(verifier.salt, salt);
    assert.deepEqual(verifier.hash, scryptSync('secret', salt, 32, { N: 16, r: 8, p: 1 }));
    assert.equal(formatScryptVerifier(verifier), text);
  });

  test('every cost the bounds let in can be computed', async () => {
    for (const cost of [
      { ln: 1, r: 1, p: 1 },
      { ln: 15, r: 1, p: 16 },
      { ln: 10, r: 32, p: 16 },
      { ln: 1, r: 32, p: 16 },
    ]) {
      const text = formatScryptVerifier({ cost, salt, hash: Buffer.alloc(64, 1) });
      assert.ok(parseScryptVerifier(text) !== null, text);
      assert.equal((await deriveScryptKey({ password: '', salt, cost, keyBytes: 64 })).length, 64);
    }
  });

  test('a text outside the bounds or of another form is no verifier', () => {
    const tail = `$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    const texts = [
      ...[
        '',
        'secret',
        '$scrypt$',
        `$scrypt$ln=18,r=8,p=1${tail}`,
        `$scrypt$ln=17,r=16,p=1${tail}`,
        `$scrypt$ln=16,r=1,p=1${tail}`,
      ],
      ...[
        `$scrypt$ln=0,r=8,p=1${tail}`,
        `$scrypt$ln=15,r=8,p=17${tail}`,
        `$scrypt$ln=15,r=8,p=0${tail}`,
        `$argon2id$v=19${tail}`,
      ],
      ...[
        `$scrypt$ln=15,r=8,p=1$AA$${'A'.repeat(43)}`,
        `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$AA`,
        `$scrypt$ln=15,r=8,p=1${tail}=`,
      ],
    ];
    for (const text of texts) assert.equal(parseScryptVerifier(text), null, text);
  });

  test('a new verifier has the default cost and a salt of its own', async () => {
    const [first, second] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
    assert.notEqual(first, second);
    const verifier = parseScryptVerifier(first);
    assert.ok(verifier !== null);
    assert.deepEqual(verifier.cost, defaultScryptCost);
    assert.equal(verifier.salt.length, 16);
    assert.ok(!first.includes('secret'));
  });

  test('a cost outside RFC 7914 rejects without naming the password', async () => {
    const wrong = hashPassword('hunter2hunter2', { cost: { ln: 16, r: 1, p: 1 }, salt });
    await assert.rejects(wrong, (error: Error) => !`${error.message}${error.stack}`.includes('hunter2'));
  });
});
