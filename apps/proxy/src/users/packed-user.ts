/**
 * A user as the decision isolate keeps a million of them: few strings and numbers, the allow rules as one text that equal
 * users share and that is compiled when somebody connects. Pure.
 */
import type { AllowRule, CredentialConfig, UserConfig } from '../config/effective-config.ts';

export interface PackedUser {
  readonly name: string;
  /** A line for each credential: the verifier and, behind a space, its end in Unix milliseconds if it has one. */
  readonly credentials: string;
  /** JSON of the rules; null: every public destination. */
  readonly allow: string | null;
  /** Tunnels at once; 0: no limit. */
  readonly maxConnections: number;
  /** `onRevoke: Disconnect`. */
  readonly isCutWhenRevoked: boolean;
}

export function packUser({ name, credentials, allow, maxConnections, onRevoke }: UserConfig): PackedUser {
  return {
    name,
    credentials: credentials.map(packCredential).join('\n'),
    allow: allow === null ? null : JSON.stringify(allow),
    maxConnections: maxConnections ?? 0,
    isCutWhenRevoked: onRevoke === 'Disconnect',
  };
}

/** The credentials of a packed user, in their order. */
export function unpackCredentials(credentials: string): readonly CredentialConfig[] {
  if (credentials === '') return [];
  return credentials.split('\n').map((line) => {
    const space = line.indexOf(' ');
    if (space === -1) return { verifier: line, notAfterMs: null };
    return { verifier: line.slice(0, space), notAfterMs: Number(line.slice(space + 1)) };
  });
}

export function unpackAllow(allow: string): readonly AllowRule[] {
  // Written by packUser in this very process.
  return JSON.parse(allow) as readonly AllowRule[];
}

function packCredential({ verifier, notAfterMs }: CredentialConfig): string {
  return notAfterMs === null ? verifier : `${verifier} ${notAfterMs}`;
}
