/**
 * Answers whether a user's password is right, against the scrypt verifiers of the configuration, without stopping the calling
 * thread: known good credentials at once from a keyed cache, all others by scrypt on the thread pool, bounded in number.
 * Does not decide what a user may reach. No password leaves it: none is in an error, a counter or a cache key's plain text.
 * Invariant: a credential is valid only against the verifier the user has at that moment; a reload in between checks again.
 *
 * Only valid results are remembered. A cache of wrong passwords would be filled by whoever guesses, and would refuse a password
 * for a while after it was set. An unknown user costs the same scrypt as a known one, so time tells no names.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { CheckQueue, type QueuedCheck } from './check-queue.ts';
import type { ScryptInput } from './derive-scrypt-key.ts';
import { type UserVerifier, UserVerifiers } from './user-verifiers.ts';
import { VerifiedCache } from './verified-cache.ts';

export type CredentialVerdict = 'valid' | 'invalid' | 'overloaded';

export interface CredentialCheckerConfig {
  readonly maxCachedCredentials: number;
  readonly cacheTimeToLiveMs: number;
  /** scrypt runs at once; each takes a thread of libuv's pool, which name resolution and files use too. */
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
  readonly randomBytes: (size: number) => Buffer;
  readonly deriveKey: (input: ScryptInput) => Promise<Buffer>;
}

export interface CredentialCheckerCounters {
  readonly cacheHits: number;
  /** scrypt runs that were begun or queued. */
  readonly computations: number;
  /** Checks that waited for another one's scrypt run. */
  readonly shared: number;
  readonly invalid: number;
  readonly overloaded: number;
  /** scrypt could not run (memory); answered as overloaded. */
  readonly failed: number;
  readonly cacheEvictions: number;
}

/** One scrypt run and the checks that wait for it. */
interface Computation {
  readonly against: UserVerifier;
  readonly queued: QueuedCheck<Outcome>;
  waiters: number;
}

type Outcome = 'match' | 'mismatch' | 'failed';

export class CredentialChecker {
  readonly #deps: CredentialCheckerDeps;
  readonly #cacheKey: KeyObject;
  readonly #cache: VerifiedCache;
  readonly #queue: CheckQueue<Outcome>;
  readonly #users: UserVerifiers;
  readonly #computations = new Map<string, Computation>();
  readonly #counts = { cacheHits: 0, computations: 0, shared: 0, invalid: 0, overloaded: 0, failed: 0 };

  constructor(config: CredentialCheckerConfig, deps: CredentialCheckerDeps) {
    this.#deps = deps;
    this.#cacheKey = createSecretKey(deps.randomBytes(32));
    this.#users = new UserVerifiers(deps.randomBytes);
    this.#cache = new VerifiedCache({
      maxEntries: config.maxCachedCredentials,
      timeToLiveMs: config.cacheTimeToLiveMs,
    });
    this.#queue = new CheckQueue({ maxRunning: config.maxRunningChecks, maxWaiting: config.maxWaitingChecks });
  }

  /** Takes the users of a new configuration; remembered credentials stay good where the verifier stayed the same. */
  replaceUsers(users: readonly { readonly name: string; readonly scrypt: string }[]): void {
    this.#users.replace(users);
  }

  get counters(): CredentialCheckerCounters {
    return { ...this.#counts, cacheEvictions: this.#cache.evictions };
  }

  /** The synchronous hot path: `valid`, or undefined when `check` must be asked. */
  checkCached(user: string, password: string): 'valid' | undefined {
    const against = this.#verifierFor(user, password);
    return against.isKnown && this.#isCached(this.#digest(user, password), against) ? 'valid' : undefined;
  }

  /** The verdict. Rejects only with the signal's reason; the work goes on while another check waits for it. */
  async check(user: string, password: string, signal?: AbortSignal): Promise<CredentialVerdict> {
    signal?.throwIfAborted();
    const against = this.#verifierFor(user, password);
    const digest = this.#digest(user, password);
    if (against.isKnown && this.#isCached(digest, against)) return 'valid';
    const computation = this.#join(digest, against, password);
    if (computation === undefined) return this.#count('overloaded');
    const outcome = await this.#outcomeOf(computation, digest, signal);
    if (outcome === 'failed') return this.#count('overloaded');
    if (this.#verifierFor(user, password) !== against) return this.check(user, password, signal);
    return outcome === 'match' && against.isKnown ? 'valid' : this.#count('invalid');
  }

  /**
   * HMAC, and scrypt with it, pads its key with zeros (RFC 2104 section 2): `secret` followed by NUL would pass for `secret`.
   * No protocol here carries a NUL, so text with one belongs to nobody.
   */
  #verifierFor(user: string, password: string): UserVerifier {
    return password.includes('\0') ? this.#users.standIn : this.#users.of(user);
  }

  #isCached(digest: string, against: UserVerifier): boolean {
    const isCached = this.#cache.has(digest, against.verifier, this.#deps.nowMs());
    if (isCached) this.#counts.cacheHits++;
    return isCached;
  }

  #count<Name extends 'invalid' | 'overloaded'>(verdict: Name): Name {
    this.#counts[verdict]++;
    return verdict;
  }

  /** Keyed, so that what the cache holds is no fast hash of a password; user names hold no NUL. */
  #digest(user: string, password: string): string {
    return createHmac('sha256', this.#cacheKey).update(`${user}\0${password}`).digest('latin1');
  }

  /** The run that is under way for the same credentials and verifier, or a new one; undefined when there is no room. */
  #join(digest: string, against: UserVerifier, password: string): Computation | undefined {
    const underWay = this.#computations.get(digest);
    if (underWay?.against === against) {
      underWay.waiters++;
      this.#counts.shared++;
      return underWay;
    }
    const queued = this.#queue.submit(() => this.#compute(against, password));
    if (queued === undefined) return undefined;
    this.#counts.computations++;
    const computation: Computation = { against, queued, waiters: 1 };
    this.#computations.set(digest, computation);
    void this.#settle(digest, computation);
    return computation;
  }

  async #settle(digest: string, computation: Computation): Promise<void> {
    const { against, queued } = computation;
    const outcome = await queued.result;
    this.#forget(digest, computation);
    if (outcome === 'match' && against.isKnown) this.#cache.add(digest, against.verifier, this.#deps.nowMs());
  }

  async #compute({ verifier }: UserVerifier, password: string): Promise<Outcome> {
    const { cost, salt, hash } = verifier;
    try {
      const key = await this.#deps.deriveKey({ password, salt, cost, keyBytes: hash.length });
      return timingSafeEqual(key, hash) ? 'match' : 'mismatch';
    } catch {
      // Not passed on: the verdict says all a client may know, and `failed` counts it.
      this.#counts.failed++;
      return 'failed';
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
