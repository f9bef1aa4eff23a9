/**
 * Which route a connection takes: design section 3, Precedence, compiled into one table. The classes are searched
 * in order (exact SNI with ALPN, exact SNI, the wildcards from the longest, each with ALPN first, ALPN, protocol, all) and
 * the first class with a route of which every field holds decides. Exact names cost O(1), wildcards O(labels), sources
 * O(prefix lengths in use); nothing depends on the number of routes but the wide ones of one name (wide-route.ts).
 * `protocol` makes a class only for a route with neither `sni` nor `alpn`; beside them it is a filter.
 * Invariant: a table that was edited answers as one compiled of the routes that it has then.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { RouteConfig } from '../config/effective-config.ts';
import { NameLevel } from './name-level.ts';
import { NameTable } from './name-table.ts';
import { PlacedRoute } from './placed-route.ts';
import type { RouteCandidate } from './route-candidate.ts';
import { applyEdits, type ListEdit, type RouteEdit } from './route-edits.ts';
import type { RouteQuery } from './route-query.ts';

/** Edits of the table they were staged for, ready to be made. */
export interface StagedEdits {
  readonly edits: readonly ListEdit<PlacedRoute>[];
  /** Routes that have to be indexed: those that come, and those that share a name with one that comes or goes. */
  readonly work: number;
}

/** Longer lists are cut down to the values that routes ask for, once: a hello may offer 30 000. */
const shortAlpnList = 8;

/** Keys one route may be multiplied into; above, it is wide. */
const defaultMaxKeysPerRoute = 256;

export class RouteTable {
  readonly #maxKeysPerRoute: number;
  /** In the order of the configuration. */
  #routes: PlacedRoute[] = [];
  readonly #names = new NameTable<NameLevel>();
  readonly #anyName = new NameLevel();
  readonly #byProtocol = new Map<Protocol, NameLevel>();
  /** Each value with how many routes ask for it. */
  readonly #alpnAsked = new Map<string, number>();

  constructor(maxKeysPerRoute: number = defaultMaxKeysPerRoute) {
    this.#maxKeysPerRoute = maxKeysPerRoute;
  }

  /**
   * Adds routes behind those added before: a large table is built in parts, so that nothing waits for the whole. Only
   * before the table is used. Throws CidrSyntaxError for `sources` that validation should have refused.
   */
  add(routes: readonly RouteConfig[]): void {
    for (const route of routes) {
      const placed = new PlacedRoute(route, this.#routes.length, this.#maxKeysPerRoute);
      this.#routes.push(placed);
      for (const level of this.#levelsOf(route)) level.add(placed);
      this.#countAlpn(route, 1);
    }
  }

  /** Changes nothing yet. Throws as `add` does. */
  stage(edits: readonly RouteEdit[]): StagedEdits {
    const placed = edits.map(({ items, ...edit }) => ({
      ...edit,
      items: items.map((route) => new PlacedRoute(route, 0, this.#maxKeysPerRoute)),
    }));
    const levels = new Set<NameLevel>();
    let work = 0;
    for (const { route } of [...this.#removedBy(placed), ...placed.flatMap(({ items }) => items)]) {
      work += 1;
      for (const level of this.#knownLevelsOf(route)) levels.add(level);
    }
    for (const { size } of levels) work += size;
    return { edits: placed, work };
  }

  /** Between two decisions: the next one sees all of it. Returns the routes that are gone. */
  edit({ edits }: StagedEdits): readonly RouteConfig[] {
    const gone = this.#removedBy(edits);
    this.#routes = applyEdits(this.#routes, edits);
    this.#renumber(edits);
    const comingTo = new Map<NameLevel, PlacedRoute[]>();
    for (const { route } of gone) {
      this.#countAlpn(route, -1);
      for (const level of this.#levelsOf(route)) comingTo.set(level, []);
    }
    for (const placed of edits.flatMap(({ items }) => items)) {
      this.#countAlpn(placed.route, 1);
      for (const level of this.#levelsOf(placed.route)) {
        const coming = comingTo.get(level);
        if (coming === undefined) comingTo.set(level, [placed]);
        else coming.push(placed);
      }
    }
    for (const [level, coming] of comingTo) level.change(gone, coming);
    for (const { route } of gone) this.#dropEmptyLevels(route);
    return Array.from(gone, ({ route }) => route);
  }

  /** The route that wins, or undefined: then the listener's `noRoute` applies. */
  match(query: RouteQuery): RouteConfig | undefined {
    const offered = this.#offered(query.alpn);
    const candidate =
      (query.sni === null ? undefined : this.#findByName(query, query.sni, offered)) ??
      this.#anyName.findWithAlpn(query, offered) ??
      this.#byProtocol.get(query.protocol)?.find(query, offered) ??
      this.#anyName.findWithoutAlpn(query, offered);
    return candidate?.place.route;
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

  /** Where as many come as go, the others keep their positions. */
  #renumber(edits: StagedEdits['edits']): void {
    const isInPlace = edits.every(({ removed, items }) => removed === items.length);
    const last = edits.at(-1);
    const end = isInPlace ? (last?.at ?? 0) + (last?.removed ?? 0) : this.#routes.length;
    for (let order = edits[0]?.at ?? end; order < end; order += 1) {
      const placed = this.#routes[order];
      if (placed !== undefined) placed.order = order;
    }
  }

  #removedBy(edits: StagedEdits['edits']): ReadonlySet<PlacedRoute> {
    return new Set(edits.flatMap(({ at, removed }) => this.#routes.slice(at, at + removed)));
  }

  #countAlpn({ match }: RouteConfig, by: 1 | -1): void {
    for (const value of match.alpn) {
      const count = (this.#alpnAsked.get(value) ?? 0) + by;
      if (count === 0) this.#alpnAsked.delete(value);
      else this.#alpnAsked.set(value, count);
    }
  }

  #dropEmptyLevels({ match }: RouteConfig): void {
    for (const pattern of match.sni) if (this.#names.at(pattern)?.size === 0) this.#names.delete(pattern);
  }

  #knownLevelsOf(route: RouteConfig): readonly NameLevel[] {
    const { sni } = route.match;
    return sni.length === 0 ? this.#levelsOf(route) : sni.flatMap((pattern) => this.#names.at(pattern) ?? []);
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
