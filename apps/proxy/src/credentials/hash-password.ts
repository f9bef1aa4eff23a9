/**
 * Makes the verifier of a password: what an administrator puts into the configuration in its place.
 */
import { randomBytes } from 'node:crypto';
import { deriveScryptKey } from './derive-scrypt-key.ts';
import { formatScryptVerifier, type ScryptCost } from './scrypt-verifier.ts';

/**
 * One of the equivalent settings of OWASP's password storage advice. The others take less time (p) for more memory (ln), up to
 * 128 MiB a check; with 32 MiB, four checks at once fit a small container.
 */
export const defaultScryptCost: ScryptCost = { ln: 15, r: 8, p: 3 };

const saltBytes = 16;
const hashBytes = 32;

export interface HashPasswordOptions {
  readonly cost?: ScryptCost;
  /** At least 8 bytes; absent: 16 random ones. */
  readonly salt?: Buffer;
}

/** The PHC text of a new verifier. Rejects for a cost scrypt cannot do. */
export async function hashPassword(password: string, options: HashPasswordOptions = {}): Promise<string> {
  const { cost = defaultScryptCost, salt = randomBytes(saltBytes) } = options;
  const hash = await deriveScryptKey({ password, salt, cost, keyBytes: hashBytes });
  return formatScryptVerifier({ cost, salt, hash });
}
