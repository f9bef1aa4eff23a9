/**
 * Remembers which credentials were found valid and against which verifier, so that the hot path needs no scrypt. Keys are
 * digests under a secret of this process: no password and no fast hash of one is kept. Knows no users.
 * Invariant: an entry answers only for the very verifier it was made with, so a changed or removed user is out at once; an
 * entry's life is counted from its check, and use does not prolong it.
 */
import type { ScryptVerifier } from './scrypt-verifier.ts';

interface VerifiedEntry {
  readonly verifier: ScryptVerifier;
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

  has(key: string, verifier: ScryptVerifier, nowMs: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    if (entry.verifier !== verifier || entry.expiresAtMs <= nowMs) return false;
    this.#entries.set(key, entry);
    return true;
  }

  add(key: string, verifier: ScryptVerifier, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { verifier, expiresAtMs: nowMs + this.#config.timeToLiveMs });
    if (this.#entries.size <= this.#config.maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      this.#evictions++;
      return;
    }
  }
}
