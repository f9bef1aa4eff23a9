/**
 * The candidates for one name, or one protocol, or for neither asked: first those that ask for an ALPN value, then those that
 * do not. Both kinds of placement meet here: by key (source-index.ts) and wide (wide-route.ts). The smallest part of a table that is
 * made anew when one of its routes comes or goes: a route that nothing could reach may be reached then.
 */
import type { PlacedRoute } from './placed-route.ts';
import { preferredCandidate, type RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';
import { SourceIndex } from './source-index.ts';
import type { WideRoute } from './wide-route.ts';

export class NameLevel {
  /** In their order, those that cannot be reached too. Not an empty one to begin with: most levels have one route. */
  #routes: PlacedRoute[] | undefined;
  #byAlpn: Map<string, SourceIndex> | undefined;
  #withoutAlpn: SourceIndex | undefined;
  #wideWithAlpn: WideRoute[] | undefined;
  #wideWithoutAlpn: WideRoute[] | undefined;

  get size(): number {
    return this.#routes?.length ?? 0;
  }

  /** Adds a route, later in order than all before. */
  add(route: PlacedRoute): void {
    if (this.#routes === undefined) this.#routes = [route];
    else this.#routes.push(route);
    this.#index(route);
  }

  /** The same as a new level to which those that stay and those that come were added, by their order now. */
  change(gone: ReadonlySet<PlacedRoute>, coming: readonly PlacedRoute[]): void {
    const staying = (this.#routes ?? []).filter((route) => !gone.has(route));
    this.#routes = undefined;
    this.#byAlpn = undefined;
    this.#withoutAlpn = undefined;
    this.#wideWithAlpn = undefined;
    this.#wideWithoutAlpn = undefined;
    for (const route of [...staying, ...coming].toSorted((a, b) => a.order - b.order)) this.add(route);
  }

  #index({ route, wide, placements }: PlacedRoute): void {
    if (wide !== null) return this.#addWide(wide);
    const { alpn } = route.match;
    for (const value of alpn.length === 0 ? [null] : alpn) {
      const index = this.#indexFor(value);
      for (const { source, candidate } of placements) index.listFor(source).add(candidate);
    }
  }

  /** The candidates that ask for this ALPN value (null: for none), made when there are none. */
  #indexFor(alpn: string | null): SourceIndex {
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

  #addWide(route: WideRoute): void {
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
