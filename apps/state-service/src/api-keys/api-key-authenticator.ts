/**
 * Says whose key a text is. Malformed texts are refused without a look into the database; for the others the secret is
 * compared in constant time, whether there is such a key or not. Invariant: the text is in no answer, error or log.
 */
import type { ApiKey } from '../domain/api-key.ts';

export type RefusalReason = 'Malformed' | 'WrongChecksum' | 'UnknownKey' | 'WrongSecret' | 'Revoked' | 'Expired';

export type AuthenticationResult =
  | { readonly kind: 'Accepted'; readonly apiKey: ApiKey }
  /** `id` is what the text claims; null when it is malformed. */
  | { readonly kind: 'Refused'; readonly reason: RefusalReason; readonly id: string | null };

export interface ApiKeyAuthenticator {
  /** The key as the client sent it. Rejects with DatabaseUnavailableError. */
  authenticate(text: string): Promise<AuthenticationResult>;
}
