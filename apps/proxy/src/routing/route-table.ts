/**
 * Which route a connection takes: design section 3, Precedence, compiled into one immutable table. The classes are searched
 * in order (exact SNI with ALPN, exact SNI, the wildcards from the longest, each with ALPN first, ALPN, protocol, all) and
 * the first class with a route of which every field holds decides. Exact names cost O(1), wildcards O(labels), sources
 * O(prefix lengths in use); nothing depends on the number of routes but the wide ones of one name (wide-route.ts).
 * `protocol` makes a class only for a route with neither `sni` nor `alpn`; beside them it is a filter.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { RouteConfig } from '../config/effective-config.ts';
import { type Cidr, requireCidr } from './cidr.ts';
import { NameLevel } from './name-level.ts';
import { NameTable } from './name-table.ts';
import type { RouteCandidate } from './route-candidate.ts';
import type { RouteQuery } from './route-query.ts';
import { WideRoute } from './wide-route.ts';

/** A route no connection can reach, because on each of its keys an earlier one takes precedence. */
export interface ShadowedRoute {
  readonly route: RouteConfig;
  readonly by: RouteConfig;
}

/** Longer lists are cut down to the values that routes ask for, once: a hello may offer 30 000. */
const shortAlpnList = 8;

/** Keys one route may be multiplied into; above, it is wide. */
const defaultMaxKeysPerRoute = 256;

export class RouteTable {
  /** Routes that can never win, as far as their keys show it; wide routes are not examined. */
  readonly shadowed: readonly ShadowedRoute[];
  readonly #shadowed: ShadowedRoute[] = [];
  readonly #maxKeysPerRoute: number;
  #count = 0;
  readonly #names = new NameTable<NameLevel>();
  readonly #anyName = new NameLevel();
  readonly #byProtocol = new Map<Protocol, NameLevel>();
  readonly #alpnAsked = new Set<string>();

  constructor(maxKeysPerRoute: number = defaultMaxKeysPerRoute) {
    this.#maxKeysPerRoute = maxKeysPerRoute;
    this.shadowed = this.#shadowed;
  }

  /**
   * Adds routes behind those added before: a large table is built in parts, so that nothing waits for the whole. Only
   * before the table is used. Throws CidrSyntaxError for `sources` that validation should have refused.
   */
  add(routes: readonly RouteConfig[]): void {
    for (const route of routes) {
      const by = this.#add(route, this.#count++);
      if (by !== undefined) this.#shadowed.push({ route, by });
    }
  }

  /** The route that wins, or undefined: then the listener's `noRoute` applies. */
  match(query: RouteQuery): RouteConfig | undefined {
    const offered = this.#offered(query.alpn);
    const candidate =
      (query.sni === null ? undefined : this.#findByName(query, query.sni, offered)) ??
      this.#anyName.findWithAlpn(query, offered) ??
      this.#byProtocol.get(query.protocol)?.find(query, offered) ??
      this.#anyName.findWithoutAlpn(query, offered);
    return candidate?.route;
  }

  #findByName(query: RouteQuery, name: string, offered: readonly string[]): RouteCandidate | undefined {
    const exact = this.#names.exact(name)?.find(query, offered);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const found = this.#names.wildcardAfter(name, dot)?.find(query, offered);
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
    const levels = this.#levelsOf(route);
    for (const value of route.match.alpn) this.#alpnAsked.add(value);
    const keysPerName = keysPerNameOf(route);
    if (keysPerName > 1 && levels.length * keysPerName > this.#maxKeysPerRoute) {
      const wide = new WideRoute(route, order);
      for (const level of levels) level.addWide(wide);
      return undefined;
    }
    return addByKey(levels, route, order);
  }

  #levelsOf(route: RouteConfig): readonly NameLevel[] {
    const { sni, alpn, protocol } = route.match;
    if (sni.length > 0)
      return [...new Set(sni)].map((pattern) => this.#names.getOrCreate(pattern, () => new NameLevel()));
    return alpn.length === 0 && protocol !== null ? [this.#protocolLevel(protocol)] : [this.#anyName];
  }

  #protocolLevel(protocol: Protocol): NameLevel {
    const known = this.#byProtocol.get(protocol);
    if (known !== undefined) return known;
    const level = new NameLevel();
    this.#byProtocol.set(protocol, level);
    return level;
  }
}

/** Compiles the routes; throws CidrSyntaxError for `sources` that validation should have refused. */
export function compileRouteTable(
  routes: readonly RouteConfig[],
  maxKeysPerRoute: number = defaultMaxKeysPerRoute,
): RouteTable {
  const table = new RouteTable(maxKeysPerRoute);
  table.add(routes);
  return table;
}

function keysPerNameOf({ listeners, match: { alpn, sources } }: RouteConfig): number {
  return Math.max(1, listeners?.length ?? 1) * Math.max(1, alpn.length) * Math.max(1, sources.length);
}

/** Returns the route that has all the keys already, if there is one. */
function addByKey(levels: readonly NameLevel[], route: RouteConfig, order: number): RouteConfig | undefined {
  const placements = placementsOf(route, order);
  const alpns = route.match.alpn.length === 0 ? [null] : route.match.alpn;
  let blocker: RouteCandidate | undefined;
  let isReachable = false;
  for (const index of levels.flatMap((level) => alpns.map((alpn) => level.indexFor(alpn)))) {
    for (const { source, candidate } of placements) {
      const found = index.listFor(source).add(candidate);
      isReachable ||= found === undefined;
      blocker ??= found;
    }
  }
  return isReachable ? undefined : blocker?.route;
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
