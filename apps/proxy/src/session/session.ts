/**
 * What the decision isolate knows of one connection while it lives: whose turn it is, what was decided, what is due. Plain
 * mutable data, owned by the driver; the bytes and the sockets are the engine's.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { WorkerPort } from '@sluice/native/worker-port.ts';
import type { ForwardState } from '../forward/forward-handshake.ts';
import type { HealthState } from '../health/health-responder.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { ClosedBy, CloseReason } from './connection-record.ts';
import type { DialAttempt } from './dial-attempt.ts';
import type { ListenerState } from './listener-state.ts';
import type { RouteState } from './routing-snapshot.ts';
import type { Tunnel } from './tunnel.ts';

/** What the next event of the connection means. */
export type SessionStage =
  | { readonly kind: 'detecting' }
  | { readonly kind: 'forward'; readonly state: ForwardState }
  | {
      readonly kind: 'health';
      readonly state: HealthState /** Between requests, under the idle deadline. */;
      readonly isIdle: boolean;
    }
  | { readonly kind: 'dialling' }
  | { readonly kind: 'relaying' };

/** Why we ended it, when we did. */
export interface PlannedEnd {
  readonly closedBy: ClosedBy;
  readonly reason: CloseReason;
}

const detecting: SessionStage = { kind: 'detecting' };
export const dialling: SessionStage = { kind: 'dialling' };
export const relaying: SessionStage = { kind: 'relaying' };

/** Shared: an idle connection must not hold an empty list of its own. */
const noAlpn: readonly string[] = [];

export class Session {
  /** 1-based place in the session table; the engine returns it with every event. */
  readonly tag: number;
  /** Number of the connection since start. */
  readonly serial: number;
  readonly listener: ListenerState;

  port: WorkerPort;
  index: number;
  generation: number;
  seq = 0;
  tailOffset = 0;
  /** The engine waits for our answer; false: a command would be stale. */
  hasTurn = false;
  isClosed = false;

  stage: SessionStage = detecting;
  /** Set by a PROXY protocol header; null: the peer's own. */
  client: IpAddress | null = null;
  clientPort = 0;
  /** Client bytes at the start of the slot that are not for the upstream. */
  skip = 0;
  isHeaderRead = false;

  protocol: Protocol | null = null;
  sni: string | null = null;
  alpn: readonly string[] = noAlpn;
  user: string | null = null;
  /** Of a forward proxy client that has logged in. */
  tunnel: Tunnel | null = null;
  route: RouteState | null = null;
  endpoint: Endpoint | null = null;
  /** Destination of a forward proxy client, as the access log shows it; null: an endpoint's URL is shown. */
  upstream: IpAddress | null = null;
  upstreamPort = 0;
  detectedUs = -1;
  attempt: DialAttempt | null = null;
  /** When dialling began, by the driver's clock. */
  dialStartedMs = 0;
  plannedEnd: PlannedEnd | null = null;
  /** Close as soon as the connection is seen in its new worker. */
  closesWhenMoved = false;

  constructor(tag: number, serial: number, listener: ListenerState, port: WorkerPort) {
    this.tag = tag;
    this.serial = serial;
    this.listener = listener;
    this.port = port;
    this.index = 0;
    this.generation = 0;
  }
}
