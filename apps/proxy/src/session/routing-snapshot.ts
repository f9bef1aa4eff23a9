/**
 * One configuration compiled for decisions: immutable but for the balancers' counts, swapped whole. Connections keep the
 * snapshot's parts they were decided with.
 */
import type { EffectiveConfig, RouteConfig, UserConfig } from '../config/effective-config.ts';
import { type CompiledAllowRules, compileAllowRules } from '../policy/compile-allow-rules.ts';
import { compileRouteTable, type RouteTable } from '../routing/route-table.ts';
import { createEndpointSet, type EndpointSet } from '../upstream/endpoint-set.ts';

export interface RouteState {
  readonly config: RouteConfig;
  /** null: an action. */
  readonly endpoints: EndpointSet | null;
}

export interface RoutingSnapshot {
  readonly table: RouteTable;
  readonly routes: ReadonlyMap<RouteConfig, RouteState>;
  /** Rules by user name; null: every public destination. */
  readonly rulesByUser: ReadonlyMap<string, CompiledAllowRules | null>;
}

/** Compiles; counts of endpoints go over from `previous` by route name and URL. */
export function createRoutingSnapshot(config: EffectiveConfig, previous: RoutingSnapshot | null): RoutingSnapshot {
  const before = new Map<string, EndpointSet>();
  for (const state of previous?.routes.values() ?? []) {
    if (state.endpoints !== null) before.set(state.config.name, state.endpoints);
  }
  const routes = new Map(config.routes.map((route) => [route, routeState(route, before.get(route.name))]));
  return { table: compileRouteTable(config.routes), routes, rulesByUser: compileUsers(config.users) };
}

function routeState(route: RouteConfig, previous: EndpointSet | undefined): RouteState {
  const endpoints = route.target.kind === 'Endpoints' ? createEndpointSet(route.target, previous) : null;
  return { config: route, endpoints };
}

function compileUsers(users: readonly UserConfig[]): ReadonlyMap<string, CompiledAllowRules | null> {
  return new Map(users.map((user) => [user.name, user.allow === null ? null : compileAllowRules(user.allow)]));
}
