/**
 * One endpoint of a route's target as a session holds it: what to dial and how many connections it has. The counts live in
 * an EndpointLoad that outlasts a reload: a session that began under the old configuration releases into the same count the
 * new one balances by.
 */
import type { EndpointConfig } from '../config/effective-config.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';

/** What is known of an endpoint URL across reloads. */
export interface EndpointLoad {
  /** Connections acquired and not released. */
  active: number;
  /** Standing in the smooth weighted rotation (smooth-rotation.ts). */
  standing: number;
}

export class Endpoint {
  readonly config: EndpointConfig;
  /** The address when the URL has one in place of a name: then there is nothing to resolve. */
  readonly literal: IpAddress | null;
  readonly load: EndpointLoad;

  constructor(config: EndpointConfig, load: EndpointLoad) {
    this.config = config;
    this.literal = config.address.kind === 'tcp' ? (parseIpAddress(config.address.host) ?? null) : null;
    this.load = load;
  }

  get weight(): number {
    return this.config.weight;
  }

  get active(): number {
    return this.load.active;
  }

  /** Counts one connection, from the moment it is dialled: those being set up must weigh too, or a slow endpoint attracts more. */
  acquire(): void {
    this.load.active++;
  }

  /** Ends what one `acquire` began. One too many is ignored: a count below zero would attract all traffic for good. */
  release(): void {
    if (this.load.active > 0) this.load.active--;
  }
}
