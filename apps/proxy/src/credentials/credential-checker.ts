/**
 * Answers whether a user's password is right, against the verifiers of the users in force, without stopping the calling
 * thread: known good credentials at once from a keyed cache, all others computed on the thread pool, bounded in number.
 * Does not decide what a user may reach. No password leaves it: none is in an error, a counter or a cache key's plain text.
 * Invariant: a credential is valid only against a verifier the user has at that moment; a change in between checks again.
 *
 * Only valid results are remembered. A cache of wrong passwords would be filled by whoever guesses, and would refuse a password
 * for a while after it was set. An unknown user costs what most known ones do, so time tells no names.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { standInVerifiers } from '../users/cost-profile.ts';
import { isLiveVerifier, liveVerifiers } from '../users/live-credentials.ts';
import type { UserRecord } from '../users/user-table.ts';
import { CheckQueue, type QueuedCheck } from './check-queue.ts';
import { type VerifiedAgainst, VerifiedCache } from './verified-cache.ts';

export type CredentialVerdict =
  /** `against`: the user's verifier that fits. */
  { readonly kind: 'valid'; readonly against: VerifiedAgainst } | { readonly kind: 'invalid' | 'overloaded' };

/** The users in force. */
export interface KnownUsers {
  find(name: string): UserRecord | undefined;
  /** What checking most users costs, as cost-profile.ts has it. */
  readonly typicalCost: string;
}

export interface CredentialCheckerConfig {
  readonly maxCachedCredentials: number;
  readonly cacheTimeToLiveMs: number;
  /** Computations at once; each takes a thread of libuv's pool, which name resolution and files use too. */
  readonly maxRunningChecks: number;
  readonly maxWaitingChecks: number;
}

export const defaultCredentialCheckerConfig: CredentialCheckerConfig = {
  maxCachedCredentials: 10_000,
  cacheTimeToLiveMs: 10 * 60_000,
  maxRunningChecks: 4,
  maxWaitingChecks: 1024,
};

export interface CredentialCheckerDeps {
  /** Any clock that never goes back. */
  readonly nowMs: () => number;
  /** Unix time, for credentials that end. */
  readonly unixMs: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly users: KnownUsers;
  readonly verify: (verifier: string, password: string) => Promise<boolean>;
}

export interface CredentialCheckerCounters {
  readonly cacheHits: number;
  /** Computations that were begun or queued. */
  readonly computations: number;
  /** Checks that waited for another one's computation. */
  readonly shared: number;
  readonly invalid: number;
  readonly overloaded: number;
  /** Computations that could not run (memory); answered as overloaded. */
  readonly failed: number;
  readonly cacheEvictions: number;
}

/** What a password is computed against. */
interface Target {
  /** 0: nobody has this name; the verifiers only cost as much time as real ones and fit no password. */
  readonly birth: number;
  readonly verifiers: readonly string[];
}

/** One computation and the checks that wait for it. */
interface Computation {
  readonly target: Target;
  readonly queued: QueuedCheck<Outcome>;
  waiters: number;
}

/** The verifier that fits. */
type Outcome = { readonly kind: 'match'; readonly verifier: string } | { readonly kind: 'mismatch' | 'failed' };

const nobody = 0;
const invalid: CredentialVerdict = { kind: 'invalid' };
const overloaded: CredentialVerdict = { kind: 'overloaded' };

export class CredentialChecker {
  readonly #deps: CredentialCheckerDeps;
  readonly #cacheKey: KeyObject;
  readonly #cache: VerifiedCache;
  readonly #queue: CheckQueue<Outcome>;
  readonly #computations = new Map<string, Computation>();
  readonly #counts = { cacheHits: 0, computations: 0, shared: 0, invalid: 0, overloaded: 0, failed: 0 };
  #standIn: { readonly cost: string; readonly target: Target };

  constructor(config: CredentialCheckerConfig, deps: CredentialCheckerDeps) {
    this.#deps = deps;
    this.#cacheKey = createSecretKey(deps.randomBytes(32));
    this.#standIn = this.#makeStandIn(deps.users.typicalCost);
    this.#cache = new VerifiedCache({
      maxEntries: config.maxCachedCredentials,
      timeToLiveMs: config.cacheTimeToLiveMs,
    });
    this.#queue = new CheckQueue({ maxRunning: config.maxRunningChecks, maxWaiting: config.maxWaitingChecks });
  }

  get counters(): CredentialCheckerCounters {
    return { ...this.#counts, cacheEvictions: this.#cache.evictions };
  }

  /** The synchronous hot path: what the credentials are valid against, or undefined when `check` must be asked. */
  checkCached(user: string, password: string): VerifiedAgainst | undefined {
    // HMAC and scrypt pad their keys with zeros (RFC 2104 section 2): `secret` followed by NUL would pass for `secret`.
    // No protocol here carries a NUL, so text with one belongs to nobody.
    if (password.includes('\0')) return undefined;
    return this.#remembered(user, this.#digest(user, password));
  }

  /** The verdict. Rejects only with the signal's reason; the work goes on while another check waits for it. */
  async check(user: string, password: string, signal?: AbortSignal): Promise<CredentialVerdict> {
    signal?.throwIfAborted();
    const remembered = this.checkCached(user, password);
    if (remembered !== undefined) return { kind: 'valid', against: remembered };
    const digest = this.#digest(user, password);
    const target = this.#targetFor(user, password);
    const computation = this.#join(digest, target, password);
    if (computation === undefined) return this.#count(overloaded);
    const outcome = await this.#outcomeOf(computation, digest, signal);
    if (outcome.kind === 'failed') return this.#count(overloaded);
    if (!isSameTarget(this.#targetFor(user, password), target)) return await this.check(user, password, signal);
    if (outcome.kind !== 'match' || target.birth === nobody) return this.#count(invalid);
    return { kind: 'valid', against: { birth: target.birth, verifier: outcome.verifier } };
  }

  #targetFor(user: string, password: string): Target {
    const record = password.includes('\0') ? undefined : this.#deps.users.find(user);
    const verifiers = record === undefined ? [] : liveVerifiers(record, this.#deps.unixMs());
    // A user without a good credential must not answer sooner than one that is wrong.
    if (record === undefined || verifiers.length === 0) return this.#currentStandIn();
    return { birth: record.birth, verifiers };
  }

  #currentStandIn(): Target {
    const cost = this.#deps.users.typicalCost;
    if (cost !== this.#standIn.cost) this.#standIn = this.#makeStandIn(cost);
    return this.#standIn.target;
  }

  #makeStandIn(cost: string): { readonly cost: string; readonly target: Target } {
    const verifiers = standInVerifiers(cost, this.#deps.randomBytes).split('\n');
    return { cost, target: { birth: nobody, verifiers } };
  }

  #remembered(user: string, digest: string): VerifiedAgainst | undefined {
    const record = this.#deps.users.find(user);
    if (record === undefined) return undefined;
    const isGood = ({ birth, verifier }: VerifiedAgainst): boolean =>
      birth === record.birth && isLiveVerifier(record, verifier, this.#deps.unixMs());
    const remembered = this.#cache.find(digest, this.#deps.nowMs(), isGood);
    if (remembered !== undefined) this.#counts.cacheHits++;
    return remembered;
  }

  #count(verdict: CredentialVerdict): CredentialVerdict {
    if (verdict.kind !== 'valid') this.#counts[verdict.kind]++;
    return verdict;
  }

  /** Keyed, so that what the cache holds is no fast hash of a password; user names hold no NUL. */
  #digest(user: string, password: string): string {
    return createHmac('sha256', this.#cacheKey).update(`${user}\0${password}`).digest('latin1');
  }

  /** The computation that is under way for the same credentials and verifiers, or a new one; undefined when there is no room. */
  #join(digest: string, target: Target, password: string): Computation | undefined {
    const underWay = this.#computations.get(digest);
    if (underWay !== undefined && isSameTarget(underWay.target, target)) {
      underWay.waiters++;
      this.#counts.shared++;
      return underWay;
    }
    const queued = this.#queue.submit(() => this.#compute(target, password));
    if (queued === undefined) return undefined;
    this.#counts.computations++;
    const computation: Computation = { target, queued, waiters: 1 };
    this.#computations.set(digest, computation);
    void this.#settle(digest, computation);
    return computation;
  }

  async #settle(digest: string, computation: Computation): Promise<void> {
    const { birth } = computation.target;
    const outcome = await computation.queued.result;
    this.#forget(digest, computation);
    if (outcome.kind !== 'match' || birth === nobody) return;
    this.#cache.add(digest, { birth, verifier: outcome.verifier }, this.#deps.nowMs());
  }

  /** One after the other: several credentials of a user take one place in the queue. */
  async #compute({ verifiers }: Target, password: string): Promise<Outcome> {
    try {
      for (const verifier of verifiers)
        if (await this.#deps.verify(verifier, password)) return { kind: 'match', verifier };
      return { kind: 'mismatch' };
    } catch {
      // Not passed on: the verdict says all a client may know, and `failed` counts it.
      this.#counts.failed++;
      return { kind: 'failed' };
    }
  }

  async #outcomeOf(computation: Computation, digest: string, signal: AbortSignal | undefined): Promise<Outcome> {
    const { result } = computation.queued;
    if (signal === undefined) return result;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      this.#leave(computation, digest);
      aborted.reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([result, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #leave(computation: Computation, digest: string): void {
    computation.waiters--;
    if (computation.waiters === 0 && computation.queued.withdraw()) this.#forget(digest, computation);
  }

  #forget(digest: string, computation: Computation): void {
    if (this.#computations.get(digest) === computation) this.#computations.delete(digest);
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('The check was given up', 'AbortError');
}

function isSameTarget(a: Target, b: Target): boolean {
  if (a === b) return true;
  return a.birth === b.birth && a.verifiers.join('\n') === b.verifiers.join('\n');
}
