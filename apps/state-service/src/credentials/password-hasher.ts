/**
 * Makes the verifier of a password: argon2id by node:crypto on libuv's pool, a few at once, the line of waiting ones bounded:
 * each costs 19 MiB and some 30 ms, which a client must not be able to multiply. Keeps no password.
 */
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
