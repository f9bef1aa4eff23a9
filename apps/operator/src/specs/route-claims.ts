/**
 * What a route claims: the connections that no other route of the same precedence may take. Two routes clash when they have a name, an
 * ALPN protocol, a network and a listener in common (or both have none of a kind): then precedence (design section 3) would decide by
 * order, and the older one wins. A wildcard beside an exact name, or a route that names listeners beside one that does not, is no clash.
 * Pure.
 */
import { parseCidr } from '@sluice/contract/cidr.ts';
import { parseHostPattern } from '@sluice/contract/host-pattern.ts';
import type { RouteSpec } from './route-spec.ts';

export interface RouteClaims {
  /** Where a clash can be: `TLS www.example.com`, or `HTTP  10.0.0.0/8` for a route without names. */
  readonly places: readonly string[];
  /** By place; null: the route has no names. */
  readonly nameAt: ReadonlyMap<string, string> | null;
  /** null: none is asked for. */
  readonly alpn: ReadonlySet<string> | null;
  readonly sources: ReadonlySet<string> | null;
  readonly listeners: ReadonlySet<string> | null;
}

/** Null: the route matches nothing, so it stands in nobody's way. */
export function claimsOf({ match = {}, listeners = [] }: RouteSpec): RouteClaims | null {
  const alpn = setOf(match.alpn);
  const sources = setOf(match.sources?.map(canonicalNetwork));
  const names = setOf(match.sni?.map(canonicalName));
  // Names and ALPN exist in TLS only, so the protocol beside them says nothing more.
  const isTls = names !== null || alpn !== null;
  const sort = match.protocol ?? (isTls ? 'TLS' : '');
  if (isTls && sort !== 'TLS') return null;
  const nameAt = names === null ? null : new Map([...names].map((name) => [`${sort} ${name}`, name] as const));
  const places = nameAt === null ? placesWithoutName(sort, sources) : [...nameAt.keys()];
  return { places, nameAt, alpn, sources, listeners: setOf(listeners) };
}

function placesWithoutName(sort: string, sources: ReadonlySet<string> | null): readonly string[] {
  return [...(sources ?? [''])].map((network) => `${sort}  ${network}`);
}

/** Whether routes that meet in a place clash there. */
export function clash(a: RouteClaims, b: RouteClaims): boolean {
  return meet(a.listeners, b.listeners) && meet(a.alpn, b.alpn) && meet(a.sources, b.sources);
}

function meet(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): boolean {
  return a === null || b === null ? a === b : !a.isDisjointFrom(b);
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | null {
  return values === undefined || values.length === 0 ? null : new Set(values);
}

function canonicalName(text: string): string {
  const parsed = parseHostPattern(text);
  return parsed.kind === 'valid' ? parsed.value : text;
}

function canonicalNetwork(text: string): string {
  const parsed = parseCidr(text);
  return parsed.kind === 'valid' ? parsed.value.text : text;
}
