/**
 * The endpoints of one route and their balancer. A reload makes a new set out of the old one; the counts of connections and
 * the turn in the rotation stay with the endpoint URL.
 * Weight 0 means drained: the endpoint gets no new connection, even when all have it (as Gateway API has it), while its
 * connections go on and are counted.
 */
import type { RouteTarget } from '../config/effective-config.ts';
import { type Balancer, balancerFor } from './balancer.ts';
import { Endpoint, type EndpointLoad } from './endpoint.ts';

export type EndpointsTarget = Extract<RouteTarget, { kind: 'Endpoints' }>;

export class EndpointSet {
  /** In the order of the configuration, the drained too. */
  readonly endpoints: readonly Endpoint[];
  readonly #eligible: readonly Endpoint[];
  readonly #balancer: Balancer;
  readonly #loads: ReadonlyMap<string, EndpointLoad>;

  constructor(target: EndpointsTarget, previous?: EndpointSet) {
    const loads = new Map<string, EndpointLoad>();
    this.endpoints = target.endpoints.map((config) => {
      const load = loads.get(config.url) ?? previous?.loadOf(config.url) ?? { active: 0, standing: 0 };
      loads.set(config.url, load);
      return new Endpoint(config, load);
    });
    // A removed endpoint may come back while its old connections still run.
    previous?.keepBusyLoads(loads);
    this.#loads = loads;
    this.#eligible = this.endpoints.filter((endpoint) => endpoint.weight > 0);
    this.#balancer = balancerFor(target.balance);
  }

  /**
   * The endpoint to try next, or undefined when each has been tried: give what earlier picks for this connection returned.
   * `random` answers in [0, 1).
   * The caller acquires it before it dials, and releases it once.
   */
  pick(tried: ReadonlySet<Endpoint>, random: () => number): Endpoint | undefined {
    const only = this.#eligible.length === 1 ? this.#eligible[0] : undefined;
    if (only !== undefined) return tried.has(only) ? undefined : only;
    return this.#balancer(this.#eligible, tried, random);
  }

  /** For the set that follows this one. */
  loadOf(url: string): EndpointLoad | undefined {
    return this.#loads.get(url);
  }

  /** For the set that follows this one: adds the loads that have connections and are not in `into`. */
  keepBusyLoads(into: Map<string, EndpointLoad>): void {
    for (const [url, load] of this.#loads) {
      if (load.active > 0 && !into.has(url)) into.set(url, load);
    }
  }
}

/** The endpoints of a route; `previous` is the set of the route of the same name before a reload. */
export function createEndpointSet(target: EndpointsTarget, previous?: EndpointSet): EndpointSet {
  return new EndpointSet(target, previous);
}
