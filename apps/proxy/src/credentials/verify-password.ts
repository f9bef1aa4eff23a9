/**
 * Whether a password fits a verifier, computed on libuv's thread pool so that the calling thread's loop goes on. The only
 * place that runs the algorithms. No error repeats the password or the verifier.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { parseArgon2idVerifier } from '@sluice/contract/argon2id-verifier.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';
import { deriveScryptKey } from './derive-scrypt-key.ts';
import { parseScryptVerifier } from './scrypt-verifier.ts';

/** False for a verifier that does not parse, too: validation should have refused it. Rejects when memory is short. */
export async function verifyPassword(verifier: string, password: string): Promise<boolean> {
  switch (verifierAlgorithmOf(verifier)) {
    case 'scrypt':
      return await verifyScrypt(verifier, password);
    case 'argon2id':
      return await verifyArgon2id(verifier, password);
    case 'bcrypt':
      return await verifyBcrypt(password, verifier);
    case null:
      return false;
  }
}

async function verifyScrypt(text: string, password: string): Promise<boolean> {
  const verifier = parseScryptVerifier(text);
  if (verifier === null) return false;
  const { cost, salt, hash } = verifier;
  return timingSafeEqual(await deriveScryptKey({ password, salt, cost, keyBytes: hash.length }), hash);
}

async function verifyArgon2id(text: string, password: string): Promise<boolean> {
  const parsed = parseArgon2idVerifier(text);
  if (parsed.kind === 'invalid') return false;
  const { memoryKib, passes, parallelism, salt, hash } = parsed.value;
  const expected = Buffer.from(hash, 'base64');
  const key = await deriveArgon2idKey(password, Buffer.from(salt, 'base64'), {
    memoryKib,
    passes,
    parallelism,
    keyBytes: expected.length,
  });
  return timingSafeEqual(key, expected);
}

export interface Argon2idCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly keyBytes: number;
}

/** RFC 9106, version 1.3. */
export function deriveArgon2idKey(password: string, salt: Buffer, cost: Argon2idCost): Promise<Buffer> {
  const { memoryKib: memory, passes, parallelism, keyBytes: tagLength } = cost;
  const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
