/**
 * The secret of the installation that the database does not hold: without it, nothing in a copy of the database opens a door. Each use has
 * a key of its own derived from it. Lost or changed, every API key has to be made anew.
 */
import { createHmac, hkdfSync } from 'node:crypto';

export type PepperPurpose = 'api-key' | 'idempotent-request' | 'idempotent-answer';

const minBytes = 32;

export class Pepper {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    if (secret.length < minBytes) {
      throw new RangeError(`the pepper has ${secret.length} bytes; use at least ${minBytes} random ones`);
    }
    this.#secret = secret;
  }

  /** 32 bytes for one purpose. */
  keyFor(purpose: PepperPurpose): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, 'sluice-state', purpose, 32));
  }
}

/** HMAC-SHA-256 over the parts, each preceded by its length, so that no two lists of parts give the same bytes. */
export function macOf(key: Uint8Array, parts: readonly (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key);
  const length = Buffer.alloc(6);
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    length.writeUIntBE(bytes.length, 0, 6);
    mac.update(length).update(bytes);
  }
  return mac.digest();
}
