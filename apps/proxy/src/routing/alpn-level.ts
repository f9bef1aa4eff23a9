/** The candidates for one name (or for no name asked): first those that ask for an ALPN value, then those that do not. */
import { type RouteCandidate, takesPrecedence } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';
import { SourceIndex } from './source-index.ts';

export class AlpnLevel {
  #byAlpn: Map<string, SourceIndex> | undefined;
  #withoutAlpn: SourceIndex | undefined;

  /** The candidates that ask for this ALPN value (null: for none), made when there are none. */
  indexFor(alpn: string | null): SourceIndex {
    if (alpn === null) {
      this.#withoutAlpn ??= new SourceIndex();
      return this.#withoutAlpn;
    }
    this.#byAlpn ??= new Map();
    const known = this.#byAlpn.get(alpn);
    if (known !== undefined) return known;
    const index = new SourceIndex();
    this.#byAlpn.set(alpn, index);
    return index;
  }

  /** The winner among the candidates that ask for one of the values offered. The client's order of values does not count. */
  findWithAlpn(query: RouteQuery, offered: readonly string[]): RouteCandidate | undefined {
    if (this.#byAlpn === undefined) return undefined;
    let best: RouteCandidate | undefined;
    for (const alpn of offered) {
      const candidate = this.#byAlpn.get(alpn)?.find(query);
      if (candidate !== undefined && (best === undefined || takesPrecedence(candidate, best))) best = candidate;
    }
    return best;
  }

  /** The winner among the candidates that ask for no ALPN value. */
  findWithoutAlpn(query: RouteQuery): RouteCandidate | undefined {
    return this.#withoutAlpn?.find(query);
  }
}
