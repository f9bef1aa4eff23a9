/** What one live entry adds to the digest of its range (decision 0010). */
import { hash } from 'node:crypto';

export const hashBytes = 32;

/** SHA-256(key, NUL, generation in decimal, NUL, canonical JSON of the spec). */
export function entryHash(key: string, generation: number, specText: string): Uint8Array {
  return hash('sha256', `${key}\0${generation}\0${specText}`, 'buffer');
}
