import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { textFormats } from '@sluice/contract/text-format.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';
import { verifyPassword } from '../../src/credentials/verify-password.ts';
import { hashPasswordCommand } from '../../src/cli/hash-password-command.ts';
import { deriveScryptKey } from '../../src/credentials/derive-scrypt-key.ts';
import { parseScryptVerifier } from '../../src/credentials/scrypt-verifier.ts';
import { CapturedOutput } from './captured-output.ts';

async function verifies(verifierLine: string, password: string): Promise<boolean> {
  assert.match(verifierLine, /^\$scrypt\$\S+\n$/);
  const verifier = parseScryptVerifier(verifierLine.trimEnd());
  assert.ok(verifier !== null);
  const { cost, salt, hash } = verifier;
  return hash.equals(await deriveScryptKey({ password, salt, cost, keyBytes: hash.length }));
}

describe('sluice hash-password', () => {
  it('prints the verifier of the first line it is given, spaces and all', async () => {
    const output = new CapturedOutput();
    const stream = Readable.from([Buffer.from(' pä'), Buffer.from('ss \r\nnot this\n')]);
    assert.equal(await hashPasswordCommand('scrypt', { stream, isTerminal: false }, output), 0);
    assert.equal(output.errText, '');
    assert.equal(await verifies(output.outText, ' päss '), true);
  });

  it('asks at a terminal and shows nothing of what is typed', async () => {
    const output = new CapturedOutput();
    const stream = new PassThrough();
    const done = hashPasswordCommand('scrypt', { stream, isTerminal: true }, output);
    await eventually(() => assert.equal(output.errText, 'Password: '), { intervalMs: 2 });
    stream.write('secret\r');
    assert.equal(await done, 0);
    assert.equal(output.errText, 'Password: \n');
    assert.equal(await verifies(output.outText, 'secret'), true);
  });

  it('makes verifiers of the other algorithms', async () => {
    for (const algorithm of ['argon2id', 'bcrypt'] as const) {
      const output = new CapturedOutput();
      const stream = Readable.from([Buffer.from('secret\n')]);
      assert.equal(await hashPasswordCommand(algorithm, { stream, isTerminal: false }, output), 0);
      const verifier = output.outText.trim();
      assert.equal(verifierAlgorithmOf(verifier), algorithm);
      assert.equal(textFormats[`${algorithm}-verifier`](verifier).kind, 'valid');
      assert.equal(await verifyPassword(verifier, 'secret'), true);
      assert.equal(await verifyPassword(verifier, 'Secret'), false);
    }
  });

  it('refuses an empty password as a mistake of usage', async () => {
    for (const text of ['', '\n', '\r\nsecret\n']) {
      const output = new CapturedOutput();
      const stream = Readable.from([Buffer.from(text)]);
      assert.equal(await hashPasswordCommand('scrypt', { stream, isTerminal: false }, output), 64);
      assert.equal(output.outText, '');
      assert.match(output.errText, /^sluice: the password is empty .*\n$/);
    }
  });
});
