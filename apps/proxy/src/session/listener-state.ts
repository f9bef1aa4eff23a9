/**
 * One listener as the driver sees it: its settings compiled for the hot path. The object lives as long as the listener's
 * name does, over reloads; the settings are replaced whole.
 */
import type { ListenerConfig } from '../config/effective-config.ts';
import { createDetector, type Detector } from '../detect/detect-protocol.ts';
import { requireCidr } from '../routing/cidr.ts';
import { CidrTable } from '../routing/cidr-table.ts';
import type { IpAddress } from '../routing/ip-address.ts';

export class ListenerState {
  readonly name: string;
  /** The engine's number of the listener. */
  readonly id: number;
  config: ListenerConfig;
  detect: Detector;
  #trusted: CidrTable<true> | null = null;

  constructor(id: number, config: ListenerConfig) {
    this.id = id;
    this.name = config.name;
    this.config = config;
    this.detect = createDetector(config.detect.protocols);
    this.replace(config);
  }

  replace(config: ListenerConfig): void {
    this.config = config;
    this.detect = createDetector(config.detect.protocols);
    this.#trusted = config.proxyProtocolTrust.length === 0 ? null : trustedSources(config.proxyProtocolTrust);
  }

  /** No protocol is looked for: a connection is routed as soon as its PROXY header, if it must have one, is read. */
  get looksAtNothing(): boolean {
    return this.config.detect.protocols.length === 0;
  }

  /** A connection is routed at accept, before any byte. */
  get isImmediate(): boolean {
    return this.looksAtNothing && this.#trusted === null;
  }

  /** Whether a connection from this address must begin with a PROXY protocol header. */
  expectsHeader(source: IpAddress): boolean {
    return this.#trusted !== null && this.#trusted.longest(source) !== undefined;
  }
}

function trustedSources(cidrs: readonly string[]): CidrTable<true> {
  const table = new CidrTable<true>();
  for (const cidr of cidrs) table.getOrCreate(requireCidr(cidr), () => true);
  return table;
}
