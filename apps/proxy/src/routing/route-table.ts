/**
 * Which route a connection takes: design section 3, Precedence, compiled into one immutable table. The classes are searched
 * in order (exact SNI with ALPN, exact SNI, the wildcards from the longest, each with ALPN first, ALPN, protocol, all) and
 * the first class with a route of which every field holds decides. Exact names cost O(1), wildcards O(labels), sources
 * O(prefix lengths in use); nothing depends on the number of routes.
 * `protocol` makes a class only for a route with neither `sni` nor `alpn`; beside them it is a filter.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { RouteConfig } from '../config/effective-config.ts';
import { AlpnLevel } from './alpn-level.ts';
import { type Cidr, requireCidr } from './cidr.ts';
import { NameTable } from './name-table.ts';
import type { RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';
import { SourceIndex } from './source-index.ts';

/** A route no connection can reach, because an earlier one has each of its keys. */
export interface ShadowedRoute {
  readonly route: RouteConfig;
  readonly by: RouteConfig;
}

/** Longer lists are cut down to the values that routes ask for, once: a hello may offer 30 000. */
const shortAlpnList = 8;

export class RouteTable {
  readonly shadowed: readonly ShadowedRoute[];
  readonly #names = new NameTable<AlpnLevel>();
  readonly #anyName = new AlpnLevel();
  readonly #byProtocol = new Map<Protocol, SourceIndex>();
  readonly #alpnAsked = new Set<string>();

  constructor(routes: readonly RouteConfig[]) {
    const shadowed: ShadowedRoute[] = [];
    for (const [order, route] of routes.entries()) {
      const by = this.#add(route, order);
      if (by !== undefined) shadowed.push({ route, by });
    }
    this.shadowed = shadowed;
  }

  /** The route that wins, or undefined: then the listener's `noRoute` applies. */
  match(query: RouteQuery): RouteConfig | undefined {
    const offered = this.#offered(query.alpn);
    const candidate =
      (query.sni === null ? undefined : this.#findByName(query, query.sni, offered)) ??
      this.#anyName.findWithAlpn(query, offered) ??
      this.#byProtocol.get(query.protocol)?.find(query) ??
      this.#anyName.findWithoutAlpn(query);
    return candidate?.route;
  }

  #findByName(query: RouteQuery, name: string, offered: readonly string[]): RouteCandidate | undefined {
    const exact = findIn(this.#names.exact(name), query, offered);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const found = findIn(this.#names.wildcardAfter(name, dot), query, offered);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #offered(alpn: readonly string[]): readonly string[] {
    if (alpn.length <= shortAlpnList) return alpn;
    return [...new Set(alpn.filter((value) => this.#alpnAsked.has(value)))];
  }

  /** Returns the route that keeps this one from ever winning, if there is one. */
  #add(route: RouteConfig, order: number): RouteConfig | undefined {
    const placements = placementsOf(route, order);
    let blocker: RouteCandidate | undefined;
    let isReachable = false;
    for (const index of this.#indexesFor(route)) {
      for (const { source, candidate } of placements) {
        const found = index.listFor(source).add(candidate);
        isReachable ||= found === undefined;
        blocker ??= found;
      }
    }
    return isReachable ? undefined : blocker?.route;
  }

  #indexesFor(route: RouteConfig): readonly SourceIndex[] {
    const { sni, alpn, protocol } = route.match;
    for (const value of alpn) this.#alpnAsked.add(value);
    if (sni.length === 0 && alpn.length === 0 && protocol !== null) return [this.#protocolIndex(protocol)];
    const levels =
      sni.length === 0
        ? [this.#anyName]
        : sni.map((pattern) => this.#names.getOrCreate(pattern, () => new AlpnLevel()));
    if (alpn.length === 0) return levels.map((level) => level.indexFor(null));
    return levels.flatMap((level) => alpn.map((value) => level.indexFor(value)));
  }

  #protocolIndex(protocol: Protocol): SourceIndex {
    const known = this.#byProtocol.get(protocol);
    if (known !== undefined) return known;
    const index = new SourceIndex();
    this.#byProtocol.set(protocol, index);
    return index;
  }
}

/** Compiles the routes; throws CidrSyntaxError for `sources` that validation should have refused. */
export function compileRouteTable(routes: readonly RouteConfig[]): RouteTable {
  return new RouteTable(routes);
}

interface Placement {
  readonly source: Cidr | null;
  readonly candidate: RouteCandidate;
}

function placementsOf(route: RouteConfig, order: number): readonly Placement[] {
  const { protocol, sources } = route.match;
  if (sources.length === 0) return [{ source: null, candidate: { route, order, protocol, prefixLength: -1 } }];
  return sources.map((text) => {
    const source = requireCidr(text);
    return { source, candidate: { route, order, protocol, prefixLength: source.prefixLength } };
  });
}

function findIn(
  level: AlpnLevel | undefined,
  query: RouteQuery,
  offered: readonly string[],
): RouteCandidate | undefined {
  return level?.findWithAlpn(query, offered) ?? level?.findWithoutAlpn(query);
}
