/**
 * A route ready to be put into a table: its addresses read, its candidates made once for all the names it has. Throws
 * CidrSyntaxError for `sources` that validation should have refused, so that putting it in cannot fail.
 */
import type { RouteConfig } from '../config/effective-config.ts';
import { type Cidr, requireCidr } from './cidr.ts';
import type { RouteCandidate, RoutePlace } from './route-candidate.ts';
import { WideRoute } from './wide-route.ts';

interface Placement {
  readonly source: Cidr | null;
  readonly candidate: RouteCandidate;
}

export class PlacedRoute implements RoutePlace {
  readonly route: RouteConfig;
  /** Set by the table, which has the order. */
  order: number;
  /** null: it is placed by key. */
  readonly wide: WideRoute | null;
  readonly placements: readonly Placement[];

  /** `maxKeys`: a route that would be multiplied into more is wide. */
  constructor(route: RouteConfig, order: number, maxKeys: number) {
    this.route = route;
    this.order = order;
    const isWide = this.#isMultipliedBeyond(maxKeys);
    this.wide = isWide ? new WideRoute(this) : null;
    this.placements = isWide ? [] : this.#createPlacements();
  }

  #isMultipliedBeyond(maxKeys: number): boolean {
    const { listeners, match } = this.route;
    const { sni, alpn, sources } = match;
    const keysPerName = Math.max(1, listeners?.length ?? 1) * Math.max(1, alpn.length) * Math.max(1, sources.length);
    return keysPerName > 1 && Math.max(1, new Set(sni).size) * keysPerName > maxKeys;
  }

  #createPlacements(): readonly Placement[] {
    const { protocol, sources } = this.route.match;
    if (sources.length === 0) return [{ source: null, candidate: { place: this, protocol, prefixLength: -1 } }];
    return sources.map((text) => {
      const source = requireCidr(text);
      return { source, candidate: { place: this, protocol, prefixLength: source.prefixLength } };
    });
  }
}
