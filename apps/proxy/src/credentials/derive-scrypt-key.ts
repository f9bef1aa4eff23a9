/**
 * Runs scrypt (RFC 7914) on libuv's thread pool, so that the calling thread's loop goes on. The only place that calls it.
 */
import { scrypt } from 'node:crypto';
import type { ScryptCost } from './scrypt-verifier.ts';

export interface ScryptInput {
  readonly password: string;
  readonly salt: Buffer;
  readonly cost: ScryptCost;
  readonly keyBytes: number;
}

/** The derived key. Rejects when memory is short or the cost is outside RFC 7914; the error repeats no password. */
export function deriveScryptKey({ password, salt, cost, keyBytes }: ScryptInput): Promise<Buffer> {
  const { ln, r, p } = cost;
  // OpenSSL counts V, one block beside it and the p blocks of B; below that it refuses.
  const maxmem = 128 * r * (2 ** ln + p + 2) + 4096;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N: 2 ** ln, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
