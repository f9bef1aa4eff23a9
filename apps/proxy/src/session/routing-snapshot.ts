/**
 * The routes of one configuration compiled for decisions. A large change makes another snapshot, in parts, so that it stops no decision
 * for long, which is swapped in whole; a small one edits the snapshot in force, between two decisions. Connections keep the
 * parts they were decided with.
 */
import type { RouteConfig } from '../config/effective-config.ts';
import type { RouteEdit } from '../routing/route-edits.ts';
import { RouteTable, type StagedEdits } from '../routing/route-table.ts';
import { createEndpointSet, type EndpointSet } from '../upstream/endpoint-set.ts';

export interface RouteState {
  readonly config: RouteConfig;
  /** null: an action. */
  readonly endpoints: EndpointSet | null;
}

/** Edits of the snapshot they were staged for, compiled. */
export interface StagedChange {
  readonly edits: StagedEdits;
  readonly states: readonly RouteState[];
}

export class RoutingSnapshot {
  readonly table = new RouteTable();
  readonly #routes = new Map<RouteConfig, RouteState>();
  readonly #endpointsByRoute = new Map<string, EndpointSet>();

  get routes(): ReadonlyMap<RouteConfig, RouteState> {
    return this.#routes;
  }

  /** By route name, for the snapshot or the edits that follow. */
  get endpointsByRoute(): ReadonlyMap<string, EndpointSet> {
    return this.#endpointsByRoute;
  }

  /** Before the snapshot is in force; counts of endpoints go over from `previous` by route name and URL. */
  add(routes: readonly RouteConfig[], previous: RoutingSnapshot | null): void {
    for (const config of routes) this.#put(createState(config, previous));
    this.table.add(routes);
  }

  /** Changes nothing yet; null: as much work as this is done in parts. */
  stage(edits: readonly RouteEdit[], maxWork: number): StagedChange | null {
    const staged = this.table.stage(edits);
    if (staged.work > maxWork) return null;
    const states = edits.flatMap(({ items }) => items.map((config) => createState(config, this)));
    return { edits: staged, states };
  }

  edit({ edits, states }: StagedChange): void {
    for (const config of this.table.edit(edits)) {
      this.#routes.delete(config);
      this.#endpointsByRoute.delete(config.name);
    }
    for (const state of states) this.#put(state);
  }

  #put(state: RouteState): void {
    const { config, endpoints } = state;
    this.#routes.set(config, state);
    if (endpoints !== null) this.#endpointsByRoute.set(config.name, endpoints);
  }
}

function createState(config: RouteConfig, previous: RoutingSnapshot | null): RouteState {
  const { name, target } = config;
  if (target.kind !== 'Endpoints') return { config, endpoints: null };
  return { config, endpoints: createEndpointSet(target, previous?.endpointsByRoute.get(name)) };
}
