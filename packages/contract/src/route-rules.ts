/**
 * The rules between a route's fields that no schema of one field holds. The file, the bus and the operator ask here, so that
 * they agree. Works on what could be read too: a key whose value was unreadable is there all the same.
 */
import type { RuleBreach } from './user-rules.ts';

export interface ReadableEndpoint {
  readonly url?: string | undefined;
  readonly service?: { readonly port?: number | undefined; readonly portName?: string | undefined } | undefined;
  readonly zones?: readonly (string | undefined)[] | undefined;
}

/** A route as far as it could be read. */
export interface ReadableRouteSpec {
  readonly to?: { readonly endpoints?: readonly (ReadableEndpoint | undefined)[] | undefined } | undefined;
  readonly action?: string | undefined;
  readonly forward?: object | undefined;
}

/** A rule that is broken by a key that is there: `path` ends in it. */
export interface RouteBreach extends RuleBreach {
  readonly isKey: boolean;
}

const givesBoth = 'keep the one that is meant: they exclude each other';

/** Every rule the route breaks; none for one that may be used. */
export function findRouteBreaches(route: ReadableRouteSpec): readonly RouteBreach[] {
  const breaches: RouteBreach[] = [];
  const hasTo = Object.hasOwn(route, 'to');
  const hasAction = Object.hasOwn(route, 'action');
  if (hasTo && hasAction) {
    breaches.push({ path: ['action'], isKey: true, message: 'has both to and action', remedy: givesBoth });
  } else if (!hasTo && !hasAction) {
    const remedy = 'add to with endpoints, or action: Ban, Echo, Health or ForwardProxy';
    breaches.push({ path: [], isKey: false, message: 'has neither to nor action', remedy });
  }
  const mayForward = hasAction && (route.action === undefined || route.action === 'ForwardProxy');
  if (Object.hasOwn(route, 'forward') && !mayForward) {
    const remedy = 'remove forward, or write action: ForwardProxy';
    breaches.push({ path: ['forward'], isKey: true, message: 'has forward without action ForwardProxy', remedy });
  }
  return breaches;
}

/** The rules of a ProxyRoute, whose endpoints may be Services. */
export function findProxyRouteBreaches(route: ReadableRouteSpec): readonly RouteBreach[] {
  const endpoints = route.to?.endpoints ?? [];
  return [
    ...findRouteBreaches(route),
    ...endpoints.flatMap((endpoint, index) =>
      endpoint === undefined ? [] : breachesOfEndpoint(endpoint, ['to', 'endpoints', index]),
    ),
  ];
}

function breachesOfEndpoint(endpoint: ReadableEndpoint, path: RuleBreach['path']): readonly RouteBreach[] {
  const hasUrl = Object.hasOwn(endpoint, 'url');
  const hasService = Object.hasOwn(endpoint, 'service');
  const breaches: RouteBreach[] = [];
  if (hasUrl === hasService) {
    const message = hasUrl ? 'has both url and service' : 'has neither url nor service';
    const remedy = hasUrl ? givesBoth : 'add url: tcp://host:port, or service with name and port';
    breaches.push({ path, isKey: false, message, remedy });
  }
  if (hasService && Object.hasOwn(endpoint, 'zones')) {
    const remedy = 'remove zones: those of a Service come from its EndpointSlices';
    breaches.push({ path: [...path, 'zones'], isKey: true, message: 'has zones beside service', remedy });
  }
  const { service } = endpoint;
  if (service !== undefined && Object.hasOwn(service, 'port') === Object.hasOwn(service, 'portName')) {
    const hasPort = Object.hasOwn(service, 'port');
    const message = hasPort ? 'has both port and portName' : 'has neither port nor portName';
    const remedy = hasPort ? givesBoth : 'add port: 443, or portName';
    breaches.push({ path: [...path, 'service'], isKey: false, message, remedy });
  }
  return breaches;
}
