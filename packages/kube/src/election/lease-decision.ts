/**
 * Who may hold a Lease, by client-go's rules. Times of the Lease itself are never compared with our clock, which may differ:
 * what counts is for how long *we* have seen it unchanged. Pure.
 */
import { type Lease, type LeaseSpec, microTime } from './lease.ts';

/** What was seen, and since when it has been so. */
export interface SeenLease {
  readonly lease: Lease;
  readonly unchangedSinceMs: number;
}

export interface Candidate {
  readonly identity: string;
  readonly leaseDurationSeconds: number;
}

export type LeaseDecision =
  /** Another holds it, or may still. */
  | { readonly kind: 'Wait' }
  /** Write this; it is ours if the write succeeds. */
  | { readonly kind: 'Write'; readonly spec: LeaseSpec };

/** Takes in what was read: a renewal seen for the first time starts the time anew. */
export function seeLease(before: SeenLease | null, lease: Lease, nowMs: number): SeenLease {
  const isSame = before !== null && before.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return { lease, unchangedSinceMs: isSame ? before.unchangedSinceMs : nowMs };
}

export function decideLease(
  seen: SeenLease,
  candidate: Candidate,
  now: { readonly nowMs: number; readonly wallMs: number },
): LeaseDecision {
  const spec = seen.lease.spec ?? {};
  const holder = spec.holderIdentity ?? '';
  const isOurs = holder === candidate.identity;
  const validMs = (spec.leaseDurationSeconds ?? candidate.leaseDurationSeconds) * 1000;
  if (holder !== '' && !isOurs && now.nowMs - seen.unchangedSinceMs < validMs) return { kind: 'Wait' };
  const renewTime = microTime(now.wallMs);
  const acquireTime = isOurs ? (spec.acquireTime ?? renewTime) : renewTime;
  const leaseTransitions = (spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1);
  return { kind: 'Write', spec: { ...heldBy(candidate), acquireTime, renewTime, leaseTransitions } };
}

export function firstLease(candidate: Candidate, wallMs: number): LeaseSpec {
  const renewTime = microTime(wallMs);
  return { ...heldBy(candidate), acquireTime: renewTime, renewTime, leaseTransitions: 0 };
}

/** Free at once for the next: no holder (an empty one is refused by the API server). */
export function releasedLease({ leaseTransitions, acquireTime }: LeaseSpec, wallMs: number): LeaseSpec {
  const renewTime = microTime(wallMs);
  return {
    leaseDurationSeconds: 1,
    renewTime,
    ...(acquireTime === undefined ? {} : { acquireTime }),
    ...(leaseTransitions === undefined ? {} : { leaseTransitions }),
  };
}

function heldBy({ identity, leaseDurationSeconds }: Candidate): LeaseSpec {
  return { holderIdentity: identity, leaseDurationSeconds };
}
