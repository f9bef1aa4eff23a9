/** One of a user's verifiers. The text goes in and to the proxies, never back to a client. */

export type CredentialKind = 'argon2id' | 'scrypt' | 'bcrypt';

/** A verifier that the contract's parser of its kind accepted. */
export interface Verifier {
  readonly kind: CredentialKind;
  readonly text: string;
}

export interface CredentialInput {
  readonly verifier: Verifier;
  /** RFC 3339: not valid from then on. */
  readonly notAfter: string | null;
}

export interface Credential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly notAfter: string | null;
  readonly version: number;
  readonly createdAt: string;
}

/** As many as the contract's user holds. */
export const maxCredentialsPerUser = 8;
