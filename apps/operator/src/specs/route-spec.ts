/** The specs of our kinds once they have been read (read-object.ts), defaults in place or not. */
import type { listenerSpecSchema } from '@sluice/contract/listener.ts';
import type { proxyRouteSpecSchema } from '@sluice/contract/route.ts';
import type { Static } from 'typebox';

export type RouteSpec = Static<typeof proxyRouteSpecSchema>;
export type RouteEndpoint = NonNullable<RouteSpec['to']>['endpoints'][number];
export type ListenerSpec = Static<typeof listenerSpecSchema>;
