/**
 * Which endpoints of a route a proxy uses, by zone, as kube-proxy has it: those for its own zone, when every endpoint names
 * zones and one is for it; else all. Endpoints of weight 0 take no connections and so decide nothing. Pure.
 */
import type { EndpointConfig, RouteConfig } from '../config/effective-config.ts';

/** The route with the endpoints that a proxy in `zone` uses; null: its zone is not known. */
export function routeInZone(route: RouteConfig, zone: string | null): RouteConfig {
  const { target } = route;
  if (zone === null || target.kind !== 'Endpoints') return route;
  const endpoints = endpointsInZone(target.endpoints, zone);
  return endpoints.length === target.endpoints.length ? route : { ...route, target: { ...target, endpoints } };
}

function endpointsInZone(endpoints: readonly EndpointConfig[], zone: string): readonly EndpointConfig[] {
  const inUse = endpoints.filter(({ weight }) => weight > 0);
  const isFor = ({ zones }: EndpointConfig): boolean => zones.includes(zone);
  if (!inUse.some(isFor) || inUse.some(({ zones }) => zones.length === 0)) return endpoints;
  return endpoints.filter(isFor);
}
