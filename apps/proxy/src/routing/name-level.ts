/**
 * The candidates for one name, or one protocol, or for neither asked: first those that ask for an ALPN value, then those that
 * do not. Both kinds of placement meet here: by key (source-index.ts) and wide (wide-route.ts).
 */
import { preferredCandidate, type RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';
import { SourceIndex } from './source-index.ts';
import type { WideRoute } from './wide-route.ts';

export class NameLevel {
  #byAlpn: Map<string, SourceIndex> | undefined;
  #withoutAlpn: SourceIndex | undefined;
  #wideWithAlpn: WideRoute[] | undefined;
  #wideWithoutAlpn: WideRoute[] | undefined;

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

  addWide(route: WideRoute): void {
    if (route.asksAlpn) {
      this.#wideWithAlpn ??= [];
      this.#wideWithAlpn.push(route);
    } else {
      this.#wideWithoutAlpn ??= [];
      this.#wideWithoutAlpn.push(route);
    }
  }

  /** The winner among all candidates that match. */
  find(query: RouteQuery, offered: readonly string[]): RouteCandidate | undefined {
    return this.findWithAlpn(query, offered) ?? this.findWithoutAlpn(query, offered);
  }

  /** The winner among the candidates that ask for one of the values offered. The client's order of values does not count. */
  findWithAlpn(query: RouteQuery, offered: readonly string[]): RouteCandidate | undefined {
    let best: RouteCandidate | undefined;
    if (this.#byAlpn !== undefined) {
      for (const alpn of offered) best = preferredCandidate(best, this.#byAlpn.get(alpn)?.find(query));
    }
    return preferredCandidate(best, bestOf(this.#wideWithAlpn, query, offered));
  }

  /** The winner among the candidates that ask for no ALPN value. */
  findWithoutAlpn(query: RouteQuery, offered: readonly string[]): RouteCandidate | undefined {
    return preferredCandidate(this.#withoutAlpn?.find(query), bestOf(this.#wideWithoutAlpn, query, offered));
  }
}

function bestOf(
  routes: readonly WideRoute[] | undefined,
  query: RouteQuery,
  offered: readonly string[],
): RouteCandidate | undefined {
  if (routes === undefined) return undefined;
  let best: RouteCandidate | undefined;
  for (const route of routes) best = preferredCandidate(best, route.find(query, offered));
  return best;
}
