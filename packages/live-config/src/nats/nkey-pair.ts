/** NKeys of users: made, and the public half of a seed. A seed is a secret and is repeated in no message. */
import { nkeys } from '@nats-io/nats-core';

export interface NkeyPair {
  /** `SU…`; for `nkeySeedFile` of whoever connects. */
  readonly seed: string;
  /** `U…`; for the server. */
  readonly publicKey: string;
}

/** 36 bytes in base 32; the library itself is lax about what is behind them. */
const seedPattern = /^SU[A-Z2-7]{56}$/;

export function createNkeyPair(): NkeyPair {
  const pair = nkeys.createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

/** null: the text is not the seed of a user. */
export function publicKeyOfSeed(seed: string): string | null {
  if (!seedPattern.test(seed)) return null;
  try {
    return nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    return null; // mistyped, cut off: the checksum does not hold
  }
}
