/**
 * What a dial still has before it: kept in the session only when the first attempt did not settle it, so that most
 * connections never have one.
 */
import type { IpAddress } from '../routing/ip-address.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { ResolveError } from '../upstream/resolve-error.ts';
import type { ConnectFailure } from './connection-ending.ts';
import type { RouteState } from './routing-snapshot.ts';

/** Why the last attempt failed, when nothing is left to try; `none`: there was nothing to try. */
export type DialFailure =
  | { readonly kind: 'none' }
  | { readonly kind: 'connect'; readonly failure: ConnectFailure }
  | { readonly kind: 'resolve'; readonly code: ResolveError['code'] };

export interface DialAttempt {
  readonly route: RouteState | null;
  readonly tried: Set<Endpoint>;
  readonly onFailed: (failure: DialFailure) => void;
  readonly reply: Uint8Array | null;
  /** null: endpoints of a route, which are not judged. */
  readonly mayDial: ((address: IpAddress) => boolean) | null;
  readonly totalDeadlineMs: number;
  endpointDeadlineMs: number;
  addresses: readonly IpAddress[];
  nextAddress: number;
  port: number;
  lastFailure: DialFailure;
}
