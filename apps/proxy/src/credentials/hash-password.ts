/**
 * Makes the verifier of a password: what an administrator puts into the configuration in its place.
 */
import { randomBytes } from 'node:crypto';
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import type { VerifierAlgorithm } from '@sluice/contract/verifier-algorithm.ts';
import { deriveScryptKey } from './derive-scrypt-key.ts';
import { formatScryptVerifier, type ScryptCost } from './scrypt-verifier.ts';
import { deriveArgon2idKey } from './verify-password.ts';

/**
 * One of the equivalent settings of OWASP's password storage advice. The others take less time (p) for more memory (ln), up to
 * 128 MiB a check; with 32 MiB, four checks at once fit a small container.
 */
export const defaultScryptCost: ScryptCost = { ln: 15, r: 8, p: 3 };

/** What checking a password of that cost is in the words of cost-profile.ts. */
export const defaultCostProfile = '$scrypt$ln=15,r=8,p=3$';

const saltBytes = 16;
const hashBytes = 32;
/** OWASP's first choice where memory is not short. */
const argon2idCost = { memoryKib: 19_456, passes: 2, parallelism: 1, keyBytes: hashBytes };
const bcryptCost = 12;

export interface HashPasswordOptions {
  readonly cost?: ScryptCost;
  /** At least 8 bytes; absent: 16 random ones. */
  readonly salt?: Buffer;
}

/** The PHC text of a new scrypt verifier. Rejects for a cost scrypt cannot do. */
export async function hashPassword(password: string, options: HashPasswordOptions = {}): Promise<string> {
  const { cost = defaultScryptCost, salt = randomBytes(saltBytes) } = options;
  const hash = await deriveScryptKey({ password, salt, cost, keyBytes: hashBytes });
  return formatScryptVerifier({ cost, salt, hash });
}

/** A new verifier of an algorithm, at its default cost. */
export async function hashPasswordBy(algorithm: VerifierAlgorithm, password: string): Promise<string> {
  switch (algorithm) {
    case 'scrypt':
      return await hashPassword(password);
    case 'argon2id':
      return await hashArgon2id(password);
    case 'bcrypt':
      return await hashBcrypt(password, { cost: bcryptCost });
  }
}

async function hashArgon2id(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await deriveArgon2idKey(password, salt, argon2idCost);
  const { memoryKib, passes, parallelism } = argon2idCost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/={1,2}$/, '');
}
