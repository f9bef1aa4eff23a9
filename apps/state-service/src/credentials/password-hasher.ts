/**
 * Makes the verifier of a password: argon2id by node:crypto on libuv's pool, a few at once, the line of waiting ones bounded:
 * each costs 19 MiB and some 30 ms, which a client must not be able to multiply. Keeps no password.
 */
import { argon2, randomBytes } from 'node:crypto';
import type { Verifier } from '../domain/credential.ts';

export interface PasswordHasher {
  /** Rejects with PasswordHashingBusyError when the line is full. */
  hash(password: string): Promise<Verifier>;
}

/** Too many passwords are being hashed: answer 503. */
export class PasswordHashingBusyError extends Error {
  readonly code = 'SLUICE_PASSWORD_HASHING_BUSY';
  override readonly name = 'PasswordHashingBusyError';
  readonly retryAfterSeconds = 1;

  constructor() {
    super('too many passwords are being hashed at the moment; try again');
  }
}

export interface PasswordHasherConfig {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

/** libuv's pool has four threads, which files and names need too. */
const defaultPasswordHasherConfig: PasswordHasherConfig = { maxRunning: 2, maxWaiting: 64 };

/** OWASP's advice for the least memory. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;

export function createPasswordHasher(config: PasswordHasherConfig = defaultPasswordHasherConfig): PasswordHasher {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async hash(password) {
      if (running >= config.maxRunning) {
        if (waiting.length >= config.maxWaiting) throw new PasswordHashingBusyError();
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      } else {
        running += 1;
      }
      try {
        return await hashArgon2id(password, randomBytes(saltBytes));
      } finally {
        // The place goes to the next in line without becoming free: nobody can step in between.
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}

function hashArgon2id(password: string, salt: Buffer): Promise<Verifier> {
  return new Promise((resolve, reject) => {
    const input = { message: Buffer.from(password), nonce: salt, tagLength: hashBytes, ...cost };
    argon2('argon2id', input, (error, hash) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const parameters = `m=${cost.memory},t=${cost.passes},p=${cost.parallelism}`;
      resolve({ kind: 'argon2id', text: `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(hash)}` });
    });
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '');
}
