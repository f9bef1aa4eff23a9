/**
 * One configuration compiled for decisions: immutable but for the balancers' counts, swapped whole. Connections keep the
 * snapshot's parts they were decided with. Built in parts, so that a large configuration stops no decision for long.
 */
import type { RouteConfig, UserConfig } from '../config/effective-config.ts';
import { type CompiledAllowRules, compileAllowRules } from '../policy/compile-allow-rules.ts';
import { RouteTable } from '../routing/route-table.ts';
import { createEndpointSet, type EndpointSet } from '../upstream/endpoint-set.ts';

export interface RouteState {
  readonly config: RouteConfig;
  /** null: an action. */
  readonly endpoints: EndpointSet | null;
}

export interface RoutingSnapshot {
  readonly table: RouteTable;
  readonly routes: ReadonlyMap<RouteConfig, RouteState>;
  /** By route name, for the snapshot that follows. */
  readonly endpointsByRoute: ReadonlyMap<string, EndpointSet>;
  /** Rules by user name; null: every public destination. */
  readonly rulesByUser: ReadonlyMap<string, CompiledAllowRules | null>;
  /** The users in force, with their verifiers. */
  readonly users: readonly UserConfig[];
}

export class RoutingSnapshotBuilder {
  readonly #previous: RoutingSnapshot | null;
  readonly #table = new RouteTable();
  readonly #routes = new Map<RouteConfig, RouteState>();
  readonly #endpointsByRoute = new Map<string, EndpointSet>();
  readonly #rulesByUser = new Map<string, CompiledAllowRules | null>();
  readonly #users: UserConfig[] = [];

  /** Counts of endpoints go over from `previous` by route name and URL. */
  constructor(previous: RoutingSnapshot | null) {
    this.#previous = previous;
  }

  addRoutes(routes: readonly RouteConfig[]): void {
    for (const config of routes) this.#routes.set(config, { config, endpoints: this.#endpointsOf(config) });
    this.#table.add(routes);
  }

  addUsers(users: readonly UserConfig[]): void {
    for (const user of users) {
      this.#users.push(user);
      this.#rulesByUser.set(user.name, user.allow === null ? null : compileAllowRules(user.allow));
    }
  }

  finish(): RoutingSnapshot {
    return {
      table: this.#table,
      routes: this.#routes,
      endpointsByRoute: this.#endpointsByRoute,
      rulesByUser: this.#rulesByUser,
      users: this.#users,
    };
  }

  #endpointsOf({ name, target }: RouteConfig): EndpointSet | null {
    if (target.kind !== 'Endpoints') return null;
    const endpoints = createEndpointSet(target, this.#previous?.endpointsByRoute.get(name));
    this.#endpointsByRoute.set(name, endpoints);
    return endpoints;
  }
}
