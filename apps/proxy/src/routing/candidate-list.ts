/**
 * The candidates that agree on name, ALPN value and source block: what is left to tell them apart is the listener, the
 * protocol and their order. Each list holds at most one candidate for each protocol and one for any, because a later
 * one could never win: so a lookup is O(1) however many routes share a key.
 */
import type { RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';

export class CandidateList {
  readonly #anyListener: RouteCandidate[] = [];
  #byListener: Map<string, RouteCandidate[]> | undefined;

  /** Adds a candidate, later in order than all before. */
  add(candidate: RouteCandidate): void {
    const { listeners } = candidate.place.route;
    if (listeners === null) append(this.#anyListener, candidate);
    else for (const listener of listeners) append(this.#listOf(listener), candidate);
  }

  /** The candidate that wins for the query, as far as listener, protocol and order decide. */
  find(query: RouteQuery): RouteCandidate | undefined {
    const named = this.#byListener?.get(query.listener);
    return (named && firstOf(named, query)) ?? firstOf(this.#anyListener, query);
  }

  #listOf(listener: string): RouteCandidate[] {
    this.#byListener ??= new Map();
    const known = this.#byListener.get(listener);
    if (known !== undefined) return known;
    const list: RouteCandidate[] = [];
    this.#byListener.set(listener, list);
    return list;
  }
}

function append(list: RouteCandidate[], candidate: RouteCandidate): void {
  const isReachable = !list.some(({ protocol }) => protocol === null || protocol === candidate.protocol);
  if (isReachable) list.push(candidate);
}

function firstOf(list: readonly RouteCandidate[], query: RouteQuery): RouteCandidate | undefined {
  for (const candidate of list) {
    if (candidate.protocol === null || candidate.protocol === query.protocol) return candidate;
  }
  return undefined;
}
