/**
 * The verifier of a password as `users:` of a configuration takes it: a PHC string of scrypt.
 */
import { randomBytes, scryptSync } from 'node:crypto';

const logCost = 14;
const parameters = { N: 2 ** logCost, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '');
}

/** Returns `$scrypt$ln=14,r=8,p=1$salt$hash` with a fresh salt. */
export function createScryptVerifier(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, parameters);
  return `$scrypt$ln=${logCost},r=8,p=1$${unpadded(salt)}$${unpadded(hash)}`;
}
