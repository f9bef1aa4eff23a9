/**
 * One way in which a route can win: the route with what decides between it and others of the same class (design section 3,
 * Precedence): the longest `sources` prefix, then a route that names listeners, then the earlier.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { RouteConfig } from '../config/effective-config.ts';

/** A route where it stands. */
export interface RoutePlace {
  readonly route: RouteConfig;
  /** Position in the configuration. */
  readonly order: number;
}

export interface RouteCandidate {
  /** All candidates of a route have the same one: the position may change while they stay. */
  readonly place: RoutePlace;
  /** null: any. Not a part of the class: for a route with `sni` or `alpn`, `protocol` is only one more field that must hold. */
  readonly protocol: Protocol | null;
  /** Length of the `sources` entry this candidate stands for; -1 for a route without `sources`, which is less than any. */
  readonly prefixLength: number;
}

/** The winner of two matching candidates of one class; undefined is no candidate. */
export function preferredCandidate(
  a: RouteCandidate | undefined,
  b: RouteCandidate | undefined,
): RouteCandidate | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return takesPrecedence(a, b) ? a : b;
}

function takesPrecedence(a: RouteCandidate, b: RouteCandidate): boolean {
  if (a.prefixLength !== b.prefixLength) return a.prefixLength > b.prefixLength;
  const namesListener = a.place.route.listeners !== null;
  if (namesListener !== (b.place.route.listeners !== null)) return namesListener;
  return a.place.order < b.place.order;
}
