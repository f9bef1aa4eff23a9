/**
 * A route whose lists would multiply into too many keys (1024 names by 32 ALPN values by 1024 sources are 33 million). It is
 * placed once for each of its names and checks its other lists itself, from sets it holds once: memory is the sum of its
 * lists, and a lookup costs one check for each wide route of the name.
 */
import { requireCidr } from './cidr.ts';
import { CidrTable } from './cidr-table.ts';
import type { RouteCandidate, RoutePlace } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';

export class WideRoute {
  readonly #listeners: ReadonlySet<string> | null;
  readonly #alpn: ReadonlySet<string>;
  readonly #sources: CidrTable<RouteCandidate> | null;
  /** Stands for the route where it has no `sources`. */
  readonly #candidate: RouteCandidate;

  constructor(place: RoutePlace) {
    const { listeners, match } = place.route;
    const { protocol, alpn, sources } = match;
    this.#listeners = listeners === null ? null : new Set(listeners);
    this.#alpn = new Set(alpn);
    this.#candidate = { place, protocol, prefixLength: -1 };
    this.#sources = sources.length === 0 ? null : new CidrTable();
    for (const text of sources) {
      const cidr = requireCidr(text);
      this.#sources?.getOrCreate(cidr, () => ({ ...this.#candidate, prefixLength: cidr.prefixLength }));
    }
  }

  /** Whether it belongs among the candidates that ask for an ALPN value. */
  get asksAlpn(): boolean {
    return this.#alpn.size > 0;
  }

  /** The candidate for the longest matching source when every field but the name, which is the key, holds. */
  find(query: RouteQuery, offered: readonly string[]): RouteCandidate | undefined {
    const { protocol } = this.#candidate;
    if (protocol !== null && protocol !== query.protocol) return undefined;
    if (this.#listeners !== null && !this.#listeners.has(query.listener)) return undefined;
    if (this.#alpn.size > 0 && !offered.some((value) => this.#alpn.has(value))) return undefined;
    return this.#sources === null ? this.#candidate : this.#sources.longest(query.source)?.value;
  }
}
