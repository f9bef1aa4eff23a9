/**
 * Remembers which credentials were found valid and against which verifier of which user, so that the hot path computes
 * nothing. Keys are digests under a secret of this process: no password and no fast hash of one is kept. Knows no users: whether
 * the verifier is still the user's is asked at each use.
 * Invariant: an entry's life is counted from its check, and use does not prolong it.
 */
export interface VerifiedAgainst {
  /** Which of the users that ever had the name. */
  readonly birth: number;
  readonly verifier: string;
}

interface VerifiedEntry extends VerifiedAgainst {
  readonly expiresAtMs: number;
}

export interface VerifiedCacheConfig {
  readonly maxEntries: number;
  readonly timeToLiveMs: number;
}

export class VerifiedCache {
  readonly #config: VerifiedCacheConfig;
  /** In order of last use: the first one goes when there are too many. */
  readonly #entries = new Map<string, VerifiedEntry>();
  #evictions = 0;

  constructor(config: VerifiedCacheConfig) {
    this.#config = config;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How often the limit pushed out an entry that was still good. */
  get evictions(): number {
    return this.#evictions;
  }

  /** What the credentials were found valid against; an entry that `isGood` refuses is gone. */
  find(key: string, nowMs: number, isGood: (against: VerifiedAgainst) => boolean): VerifiedAgainst | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAtMs <= nowMs || !isGood(entry)) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  add(key: string, { birth, verifier }: VerifiedAgainst, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { birth, verifier, expiresAtMs: nowMs + this.#config.timeToLiveMs });
    if (this.#entries.size <= this.#config.maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      this.#evictions++;
      return;
    }
  }
}
