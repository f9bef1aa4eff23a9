/** What is published of a user, made of its rows: the spec of the contract, or nothing when it may not be used. Pure. */
import { resourceKey } from '@sluice/contract/config-key.ts';
import type { ResourceSpec, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { CredentialKind } from '../domain/credential.ts';
import type { DestinationMode, RevokeMode } from '../domain/user.ts';

export interface PublishedCredential {
  readonly kind: CredentialKind;
  readonly verifier: string;
  readonly notAfter: string | null;
}

export interface PublishedRule {
  readonly domains: readonly string[] | null;
  readonly cidrs: readonly string[] | null;
  readonly ports: readonly number[] | null;
}

/** A user with all that its spec is made of, read in one statement. */
export interface PublishedUserRow {
  readonly name: string;
  readonly generation: number;
  readonly enabled: boolean;
  readonly destinations: DestinationMode;
  readonly on_revoke: RevokeMode;
  /** The least of its own and those of its groups. */
  readonly connections: number | null;
  /** Oldest first; expired ones too: what is published must not depend on the time, and proxies look at `notAfter`. */
  readonly credentials: readonly PublishedCredential[] | null;
  /** Its own, then those of its groups in name order; null for destinations `Public`. */
  readonly rules: readonly PublishedRule[] | null;
}

export function publishedUser(row: PublishedUserRow): TruthRecord {
  const key = resourceKey({ kind: 'User', name: row.name });
  return { key, generation: row.generation, spec: row.enabled ? specOf(row) : null };
}

export function deletedUser(name: string, generation: number): TruthRecord {
  return { key: resourceKey({ kind: 'User', name }), generation, spec: null };
}

function specOf(row: PublishedUserRow): ResourceSpec {
  return {
    credentials: (row.credentials ?? []).map(({ kind, verifier, notAfter }) => ({
      [kind]: verifier,
      ...(notAfter === null ? {} : { notAfter }),
    })),
    ...(row.destinations === 'Public' ? {} : { allow: (row.rules ?? []).map(allowOf) }),
    ...(row.connections === null ? {} : { quota: { connections: row.connections } }),
    onRevoke: row.on_revoke,
  };
}

function allowOf({ domains, cidrs, ports }: PublishedRule): ResourceSpec {
  return {
    ...(domains === null ? {} : { domains }),
    ...(cidrs === null ? {} : { cidrs }),
    ...(ports === null ? {} : { ports }),
  };
}
