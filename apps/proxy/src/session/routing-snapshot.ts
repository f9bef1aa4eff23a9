/**
 * The routes of one configuration compiled for decisions: immutable but for the balancers' counts, swapped whole. Connections keep the
 * snapshot's parts they were decided with. Built in parts, so that a large configuration stops no decision for long.
 */
import type { RouteConfig } from '../config/effective-config.ts';
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
}

export class RoutingSnapshotBuilder {
  readonly #previous: RoutingSnapshot | null;
  readonly #table = new RouteTable();
  readonly #routes = new Map<RouteConfig, RouteState>();
  readonly #endpointsByRoute = new Map<string, EndpointSet>();

  /** Counts of endpoints go over from `previous` by route name and URL. */
  constructor(previous: RoutingSnapshot | null) {
    this.#previous = previous;
  }

  addRoutes(routes: readonly RouteConfig[]): void {
    for (const config of routes) this.#routes.set(config, { config, endpoints: this.#endpointsOf(config) });
    this.#table.add(routes);
  }

  finish(): RoutingSnapshot {
    return {
      table: this.#table,
      routes: this.#routes,
      endpointsByRoute: this.#endpointsByRoute,
    };
  }

  #endpointsOf({ name, target }: RouteConfig): EndpointSet | null {
    if (target.kind !== 'Endpoints') return null;
    const endpoints = createEndpointSet(target, this.#previous?.endpointsByRoute.get(name));
    this.#endpointsByRoute.set(name, endpoints);
    return endpoints;
  }
}
