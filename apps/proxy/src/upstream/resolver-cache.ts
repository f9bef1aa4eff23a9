/**
 * What the resolver has said lately, least recently used out first. Pure: the time is an argument.
 * An answer is used for `freshMs`, then asked for again; when that fails, the old answer serves on until `staleMs` after it
 * was given while a new attempt is due every `failureMs`. "No such name" is an answer, not a failure: it ends the old one.
 */
import type { IpAddress } from '../routing/ip-address.ts';
import type { AddressFamily } from './resolver.ts';
import type { ResolverLimits } from './resolver-limits.ts';
import type { ResolveError } from './resolve-error.ts';

/** Addresses by the family asked for; filtered once, not for each connection. */
export type AddressesByFamily = Readonly<Record<AddressFamily, readonly IpAddress[]>>;

export interface CachedAnswer {
  readonly kind: 'answer';
  readonly addresses: AddressesByFamily;
  readonly isStale: boolean;
  readonly isRefreshDue: boolean;
}

export type CacheFinding = CachedAnswer | { readonly kind: 'failure'; readonly error: ResolveError };

type CacheEntry =
  | {
      readonly kind: 'answer';
      readonly addresses: AddressesByFamily;
      readonly isStale: boolean;
      readonly refreshAtMs: number;
      readonly servedUntilMs: number;
      readonly staleUntilMs: number;
    }
  | { readonly kind: 'failure'; readonly error: ResolveError; readonly servedUntilMs: number };

export class ResolverCache {
  readonly #limits: ResolverLimits;
  readonly #entries = new Map<string, CacheEntry>();
  #evictions = 0;

  constructor(limits: ResolverLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** What may be used now without asking, or undefined. */
  find(name: string, nowMs: number): CacheFinding | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined || nowMs >= entry.servedUntilMs) return undefined;
    this.#put(name, entry);
    if (entry.kind === 'failure') return entry;
    const { addresses, isStale } = entry;
    return { kind: 'answer', addresses, isStale, isRefreshDue: nowMs >= entry.refreshAtMs };
  }

  storeAnswer(name: string, addresses: AddressesByFamily, nowMs: number): void {
    const { freshMs, refreshAheadMs, staleMs } = this.#limits;
    this.#put(name, {
      kind: 'answer',
      addresses,
      isStale: false,
      refreshAtMs: nowMs + freshMs - refreshAheadMs,
      servedUntilMs: nowMs + freshMs,
      staleUntilMs: nowMs + staleMs,
    });
  }

  /** Keeps the failure, and returns the old answer that serves in its place if there is one young enough. */
  storeFailure(name: string, error: ResolveError, nowMs: number): AddressesByFamily | undefined {
    const entry = this.#entries.get(name);
    const retryAtMs = nowMs + this.#limits.failureMs;
    if (error.code !== 'NotFound' && entry?.kind === 'answer' && nowMs < entry.staleUntilMs) {
      this.#put(name, { ...entry, isStale: true, refreshAtMs: retryAtMs, servedUntilMs: entry.staleUntilMs });
      return entry.addresses;
    }
    // Overload says nothing about the name, and the next request may find room.
    if (error.code !== 'Overloaded') this.#put(name, { kind: 'failure', error, servedUntilMs: retryAtMs });
    return undefined;
  }

  /** A Map iterates in the order of insertion: putting an entry again makes it the youngest. */
  #put(name: string, entry: CacheEntry): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    if (this.#entries.size <= this.#limits.maxEntries) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest === undefined) return;
    this.#entries.delete(oldest);
    this.#evictions++;
  }
}
