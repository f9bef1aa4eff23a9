/**
 * Finds routes that can never win because routes with the same match take precedence. Compares matches alternative by
 * alternative (each name with each ALPN with each source), never by what they cover: a wildcard beside an exact name is no
 * shadow. Work is bounded; beyond the bound routes go unreported, never misreported.
 */
import type { RouteConfig } from './effective-config.ts';

export interface ShadowedRoute {
  /** Indices into the routes given. */
  readonly route: number;
  readonly by: number;
}

const maxAlternatives = 2_000_000;

/** Who holds one alternative so far. */
interface Claims {
  /** For each listener the first route that names it. */
  readonly named: Map<string, number>;
  readonly unnamed: { readonly route: number }[];
}

type Verdict = 'Reachable' | { readonly by: number };

function alternativesOf({ match }: RouteConfig): readonly string[] {
  const { sni, alpn, sources } = match;
  const count = Math.max(1, sni.length) * Math.max(1, alpn.length) * Math.max(1, sources.length);
  if (count > maxAlternatives) return [];
  // Names and ALPN exist in TLS only, so the protocol beside them says nothing more.
  const isTls = sni.length > 0 || alpn.length > 0;
  // Matches nothing, so it stands in nobody's way.
  if (isTls && match.protocol !== null && match.protocol !== 'TLS') return [];
  const protocol = isTls ? 'TLS' : (match.protocol ?? '');
  const keys: string[] = [];
  for (const name of orNone(sni)) {
    for (const id of orNone(alpn))
      for (const source of orNone(sources)) keys.push(`${protocol} ${name} ${id} ${source}`);
  }
  return keys;
}

function orNone(values: readonly string[]): readonly string[] {
  return values.length === 0 ? [''] : values;
}

/** Who beats a route at one alternative, once every route has made its claims. */
function judge(
  claims: Claims,
  routes: readonly RouteConfig[],
  route: number,
  listenerNames: readonly string[],
): Verdict {
  const listeners = routes[route]?.listeners ?? null;
  if (listeners !== null) {
    const holders = listeners.map((listener) => claims.named.get(listener) ?? route);
    const [by = route] = holders;
    return holders.every((holder) => holder < route) ? { by } : 'Reachable';
  }
  const first = claims.unnamed[0]?.route ?? route;
  if (first < route) return { by: first };
  const holders = listenerNames.map((listener) => claims.named.get(listener));
  const by = holders[0];
  return by !== undefined && holders.every((holder) => holder !== undefined) ? { by } : 'Reachable';
}

function claim(claims: Claims, listeners: readonly string[] | null, route: number): void {
  if (listeners === null) {
    if (claims.unnamed.length === 0) claims.unnamed.push({ route });
    return;
  }
  for (const listener of listeners) if (!claims.named.has(listener)) claims.named.set(listener, route);
}

/** The routes that never win, in their order, each with one that beats it. */
export function findShadowedRoutes(
  routes: readonly RouteConfig[],
  listenerNames: readonly string[],
): readonly ShadowedRoute[] {
  const claimsByKey = new Map<string, Claims>();
  const keysByRoute: (readonly string[])[] = [];
  let budget = maxAlternatives;
  for (const [index, route] of routes.entries()) {
    const keys = budget > 0 ? alternativesOf(route) : [];
    budget -= keys.length;
    keysByRoute.push(keys);
    for (const key of keys) {
      const claims = claimsByKey.get(key) ?? { named: new Map<string, number>(), unnamed: [] };
      claimsByKey.set(key, claims);
      claim(claims, route.listeners, index);
    }
  }
  const shadowed: ShadowedRoute[] = [];
  for (const [index, keys] of keysByRoute.entries()) {
    const verdicts = keys.map((key) => {
      const claims = claimsByKey.get(key);
      return claims === undefined ? 'Reachable' : judge(claims, routes, index, listenerNames);
    });
    const [first] = verdicts;
    if (first !== undefined && first !== 'Reachable' && !verdicts.includes('Reachable'))
      shadowed.push({ route: index, by: first.by });
  }
  return shadowed;
}
