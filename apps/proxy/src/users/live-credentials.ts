/** Which of a user's credentials are good at a moment. Pure. */
import { unpackCredentials } from './packed-user.ts';
import type { UserRecord } from './user-table.ts';

/** The verifiers that a password may fit now. */
export function liveVerifiers({ credentials }: UserRecord, unixMs: number): readonly string[] {
  return unpackCredentials(credentials)
    .filter(({ notAfterMs }) => notAfterMs === null || unixMs < notAfterMs)
    .map(({ verifier }) => verifier);
}

/** Whether a verifier is one of the user's now. */
export function isLiveVerifier(record: UserRecord, verifier: string, unixMs: number): boolean {
  // The common case: one verifier that is good for ever.
  return record.credentials === verifier || liveVerifiers(record, unixMs).includes(verifier);
}
