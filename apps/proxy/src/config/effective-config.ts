/**
 * The configuration as the proxy uses it: every default applied, durations in milliseconds, addresses and URLs taken apart.
 * Plain data (it crosses isolates by structured clone) and immutable; a reload makes a new one.
 */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { DetectableProtocol, Protocol } from '@sluice/contract/protocol.ts';

export interface BindAddress {
  /** As written, e.g. `[::]:443`; identifies the socket across reloads. */
  readonly text: string;
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

export interface ListenerConfig {
  readonly name: string;
  readonly binds: readonly BindAddress[];
  /** `protocols` empty: route at once, look at no byte. */
  readonly detect: { readonly timeoutMs: number; readonly protocols: readonly DetectableProtocol[] };
  readonly noRoute: 'Close' | 'Reset';
  /** `idleMs` 0: no limit. */
  readonly timeouts: {
    readonly connectMs: number;
    readonly connectTotalMs: number;
    readonly idleMs: number;
    readonly halfClosedMs: number;
    readonly drainMs: number;
  };
  /** Sources (CIDR text) that must begin with a PROXY protocol header; empty: the header is never read. */
  readonly proxyProtocolTrust: readonly string[];
  /** Connections at once; one more is closed at accept with reason LimitReached. */
  readonly maxConnections: number;
}

export type EndpointAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number /** 0: either */; readonly family: 0 | 4 | 6 }
  | { readonly kind: 'unix'; readonly path: string };

export interface EndpointConfig {
  /** As configured; the access log's `endpoint`. */
  readonly url: string;
  readonly address: EndpointAddress;
  readonly weight: number;
  readonly tcpFastOpen: boolean;
  /** Zones whose proxies it is for; empty: none named. */
  readonly zones: readonly string[];
}

export type Balance = 'RoundRobin' | 'Random' | 'LeastConnections';

export type RouteTarget =
  | { readonly kind: 'Endpoints'; readonly endpoints: readonly EndpointConfig[]; readonly balance: Balance }
  | { readonly kind: 'Ban' }
  | { readonly kind: 'Echo' }
  | { readonly kind: 'Health' }
  | { readonly kind: 'ForwardProxy'; readonly anonymous: boolean };

export interface RouteConfig {
  readonly name: string;
  /** Listener names; null: every listener. */
  readonly listeners: readonly string[] | null;
  /** Empty lists and null: not asked for. `sni` entries are canonical (lower case, no trailing dot). */
  readonly match: {
    readonly protocol: Protocol | null;
    readonly sni: readonly string[];
    readonly alpn: readonly string[];
    readonly sources: readonly string[];
  };
  readonly target: RouteTarget;
  /** false: both sides close when the upstream has ended. */
  readonly halfClose: boolean;
}

export interface AllowRule {
  /** Empty list: not asked for. All given fields must hold. */
  readonly domains: readonly string[];
  readonly cidrs: readonly string[];
  readonly ports: readonly { readonly from: number; readonly to: number }[];
}

export interface CredentialConfig {
  /** Says its algorithm itself: a PHC string of scrypt or argon2id, or bcrypt's form. */
  readonly verifier: string;
  /** Unix time from which on it is refused; null: never. */
  readonly notAfterMs: number | null;
}

export interface UserConfig {
  readonly name: string;
  /** Any may match; empty: nobody gets in. */
  readonly credentials: readonly CredentialConfig[];
  /** null: every public destination. */
  readonly allow: readonly AllowRule[] | null;
  /** Tunnels at once; null: no limit of the user's own. */
  readonly maxConnections: number | null;
  readonly onRevoke: 'Keep' | 'Disconnect';
}

export type DatapathMode = 'Auto' | 'InLoop' | 'Workers' | 'Handoff';

/** Where live configuration comes from. */
export interface ControlConfig {
  /** null: from the name of the host. */
  readonly name: string | null;
  /** null: whoever runs the proxy brings a message system along. */
  readonly nats: {
    readonly servers: readonly string[];
    readonly credentialsFile: string | null;
    readonly nkeySeedFile: string | null;
    /** null: the id of the proxy. */
    readonly inbox: string | null;
    readonly tls: {
      readonly caFile: string | null;
      readonly certFile: string | null;
      readonly keyFile: string | null;
    } | null;
  } | null;
  readonly ranges: readonly ConfigRange[];
  readonly stateDirectory: string | null;
  readonly ackKeyFile: string | null;
  readonly startTimeoutMs: number;
}

export interface EffectiveConfig {
  /** null: the file is all there is. */
  readonly control: ControlConfig | null;
  /** Where the proxy runs; null: not told. */
  readonly zone: string | null;
  readonly admin: { readonly enabled: boolean; readonly bind: BindAddress };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly access: boolean };
  /** Read at start only: a reload that changes it is rejected with that remedy. */
  readonly datapath: {
    readonly mode: DatapathMode;
    /** Relay workers; 0: from the CPUs of the cgroup. */
    readonly workers: number;
    readonly splice: boolean;
    readonly receiveLowWater: boolean;
    readonly packetDiet: {
      readonly delayedAck: boolean;
      readonly coalesceFin: boolean;
      readonly optimisticSend: boolean;
    };
  };
  readonly listeners: readonly ListenerConfig[];
  readonly routes: readonly RouteConfig[];
  readonly users: readonly UserConfig[];
}
