/** What is known of a forward proxy client's permission once it has logged in: what a change of its user is held against. */
import type { VerifiedAgainst } from '../credentials/verified-cache.ts';

export interface Tunnel {
  readonly user: string;
  /** The user and the verifier that the password fitted. */
  readonly against: VerifiedAgainst;
  /** Of what was asked for; null: an address, or nothing yet. */
  domain: string | null;
  port: number;
  /** As the user last said; a user that is gone says nothing any more. */
  isCutWhenRevoked: boolean;
}
