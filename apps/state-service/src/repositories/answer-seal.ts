/**
 * Keeps the answers of idempotent requests unreadable without the pepper: AES-256-GCM, bound to the client and the key they belong to.
 * Layout: 12 bytes of nonce, 16 of tag, the rest is the answer in JSON.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { StoredAnswer } from '../domain/idempotency.ts';

const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

export class AnswerSeal {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(answer: StoredAnswer, boundTo: Uint8Array): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(boundTo);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** null: it was sealed with another pepper, or is not what was sealed. */
  open(bytes: Uint8Array, boundTo: Uint8Array): StoredAnswer | null {
    try {
      const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(boundTo);
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(text) as StoredAnswer;
    } catch {
      return null;
    }
  }
}
