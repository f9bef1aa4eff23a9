/**
 * The verifier of a password as the state service and `users:` take it: a PHC string of argon2id, as cheap as it is allowed to
 * be, for tests that log in thousands of times and are about something else.
 */
import { argon2Sync, randomBytes } from 'node:crypto';

const cost = { memory: 8, passes: 1, parallelism: 1 };

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '');
}

/** Returns `$argon2id$v=19$m=8,t=1,p=1$salt$hash` with a fresh salt. */
export function createCheapVerifier(password: string): string {
  const nonce = randomBytes(16);
  const hash = argon2Sync('argon2id', { message: Buffer.from(password), nonce, tagLength: 32, ...cost });
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(nonce)}$${unpadded(hash)}`;
}
