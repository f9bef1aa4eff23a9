/** The times and maxima of name resolution, in one place. */

export interface ResolverLimits {
  /** getaddrinfo(3) tells no TTL: how long its answer is used without asking again. */
  readonly freshMs: number;
  /** An answer in use is asked for again in the background this long before it ends, so that no connection waits. */
  readonly refreshAheadMs: number;
  /** How long a failure is repeated without asking again. */
  readonly failureMs: number;
  /** How long after it was given an answer may serve when the resolver fails. */
  readonly staleMs: number;
  /** From the request to the answer, the time in the queue included. */
  readonly lookupTimeoutMs: number;
  readonly maxEntries: number;
  /** libuv runs at most half of its threads (2 of 4) for lookups, so that they cannot starve password checks; more only wait inside it. */
  readonly maxConcurrentLookups: number;
  readonly maxQueuedLookups: number;
  readonly maxAddressesPerName: number;
}

export const defaultResolverLimits: ResolverLimits = {
  freshMs: 5_000,
  refreshAheadMs: 1_000,
  failureMs: 1_000,
  staleMs: 300_000,
  lookupTimeoutMs: 3_000,
  maxEntries: 10_000,
  maxConcurrentLookups: 8,
  maxQueuedLookups: 1_024,
  maxAddressesPerName: 64,
};
