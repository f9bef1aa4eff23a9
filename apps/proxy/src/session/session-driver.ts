/**
 * The engine's events turned into decisions: first bytes to a protocol, a protocol to a route, a route to an action, and the
 * end of a connection to its record. Every turn the engine gives is answered exactly once. Long work (names, passwords)
 * answers later; a session that ended meanwhile is left alone.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import type { EngineHandlers } from '@sluice/native/engine.ts';
import { dataFlag, endCauses, firstEnds, notReached } from '@sluice/native/ring-layout.ts';
import type { ConnectionRef, WorkerPort } from '@sluice/native/worker-port.ts';
import type { Detected } from '../detect/detection.ts';
import { unknownProtocol } from '../detect/detect-protocol.ts';
import { parseProxyProtocolHeader } from '../detect/proxy-protocol-header.ts';
import { beginForward } from '../forward/forward-handshake.ts';
import { beginHealth } from '../health/health-responder.ts';
import { readEngineAddress } from '../routing/engine-address.ts';
import { type IpAddress, ipv4Address } from '../routing/ip-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';
import { endingOfRefusal, endingSeenByEngine } from './connection-ending.ts';
import type { CloseReason } from './connection-record.ts';
import type { ForwardDriver } from './forward-driver.ts';
import type { HealthDriver } from './health-driver.ts';
import type { ListenerState } from './listener-state.ts';
import type { EndedConnection } from './record-batch.ts';
import type { RouteState, RoutingSnapshot } from './routing-snapshot.ts';
import { type PlannedEnd, relaying, type Session } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { closeSession, takeTurn } from './session-turn.ts';
import type { TunnelIndex } from './tunnel-index.ts';
import type { UpstreamDialler } from './upstream-dialler.ts';

export interface SessionDriverDeps {
  readonly sessions: SessionTable;
  readonly tunnels: TunnelIndex;
  readonly snapshot: () => RoutingSnapshot;
  readonly listener: (id: number) => ListenerState;
  readonly dialler: UpstreamDialler;
  readonly forward: ForwardDriver;
  readonly health: HealthDriver;
  readonly record: (ended: EndedConnection) => void;
  /** Runs a batch of decisions and measures it. */
  readonly timed: (work: () => void) => void;
  readonly reportDefect: (error: unknown) => void;
}

const unknownAddress = ipv4Address(0);

const nothingDecided = {
  protocol: 'Unknown',
  sni: null,
  alpn: [],
  user: null,
  route: null,
  endpoint: null,
  upstream: null,
  upstreamPort: 0,
  detectUs: -1,
  decideUs: -1,
} as const;

const largestSmallInteger = 0x7fffffff;

export function createSessionDriver(deps: SessionDriverDeps): EngineHandlers {
  return new SessionDriver(deps);
}

class SessionDriver implements EngineHandlers {
  readonly #deps: SessionDriverDeps;
  /**
   * Sessions whose first turn is answered later (a name, a password): the engine learns a tag with the first answer, so
   * when it gives up before, only the connection's place names the session.
   */
  readonly #unanswered = new Map<number, Session>();
  /** Filled anew for each record: at thousands a second the garbage would be felt. */
  readonly #ended: EndedConnection = {
    ...nothingDecided,
    serial: 0,
    listener: '',
    client: unknownAddress,
    clientPort: 0,
    bytesUp: 0,
    bytesDown: 0,
    connectUs: -1,
    firstByteUs: -1,
    durationUs: 0,
    closedBy: 'Error',
    reason: 'Internal',
  };

  constructor(deps: SessionDriverDeps) {
    this.#deps = deps;
  }

  data(port: WorkerPort, event: EventRecord): void {
    const isFirst = event.tag === 0;
    const session = this.#sessionOf(port, event);
    takeTurn(session, port, event);
    this.#decide(session, event);
    if (isFirst && session.hasTurn) this.#unanswered.set(placeOf(port, event), session);
  }

  connectFailed(port: WorkerPort, event: EventRecord): void {
    const session = this.#sessionOf(port, event);
    takeTurn(session, port, event);
    this.#deps.dialler.attemptFailed(session, event.detail);
  }

  closed(port: WorkerPort, event: EventRecord): void {
    const session = this.#endedSession(port, event);
    if (session === undefined) return this.#recordWithoutSession(event, null);
    session.isClosed = true;
    if (session.hasTurn) {
      // The engine gave up waiting for our answer and keeps the slot until it hears from us.
      session.hasTurn = false;
      port.release(session);
    }
    session.endpoint?.release();
    if (session.tunnel !== null) this.#deps.tunnels.remove(session.tunnel.user, session);
    this.#deps.sessions.remove(session);
    this.#recordSession(session, event);
  }

  /** Nothing in this version asks for a descriptor. */
  detached(port: WorkerPort, event: EventRecord): void {
    const session = this.#sessionOf(port, event);
    takeTurn(session, port, event);
    closeSession(session, endingOfRefusal('Internal'), null);
  }

  refused(_port: WorkerPort, event: EventRecord): void {
    this.#recordWithoutSession(event, 'LimitReached');
  }

  /** Its queue was accepted before: nothing is left to do. */
  listenerClosed(): void {}

  moved(port: WorkerPort, event: EventRecord): void {
    const session = this.#deps.sessions.find(event.tag);
    if (session === undefined) return;
    if (this.#unanswered.size > 0) this.#unanswered.delete(placeOf(session.port, session));
    session.port = port;
    session.index = event.index;
    session.generation = event.generation;
    if (session.closesWhenMoved) port.close(session, null, false);
  }

  failed(error: unknown, port: WorkerPort, event: EventRecord): void {
    this.#deps.reportDefect(error);
    const session = event.tag === 0 ? undefined : this.#deps.sessions.find(event.tag);
    if (session?.hasTurn === true) closeSession(session, endingOfRefusal('Internal'), null);
    else if (session === undefined) port.close(refOf(event), null, true);
  }

  batch(work: () => void): void {
    this.#deps.timed(work);
  }

  #sessionOf(port: WorkerPort, event: EventRecord): Session {
    const known = event.tag === 0 ? undefined : this.#deps.sessions.find(event.tag);
    if (known !== undefined) return known;
    const session = this.#deps.sessions.create(this.#deps.listener(event.listener), port);
    event.tag = session.tag; // `failed` finds it by that
    return session;
  }

  #endedSession(port: WorkerPort, event: EventRecord): Session | undefined {
    const waited = this.#unanswered.size === 0 ? undefined : this.#takeUnanswered(port, event);
    return event.tag === 0 ? waited : this.#deps.sessions.find(event.tag);
  }

  #takeUnanswered(port: WorkerPort, event: EventRecord): Session | undefined {
    const place = placeOf(port, event);
    const session = this.#unanswered.get(place);
    if (session?.generation !== event.generation) return undefined;
    this.#unanswered.delete(place);
    return session;
  }

  #decide(session: Session, event: EventRecord): void {
    switch (session.stage.kind) {
      case 'detecting':
        return this.#detect(session, event);
      case 'forward':
        return this.#deps.forward.bytes(session, event);
      case 'health':
        return this.#deps.health.bytes(session, event);
      case 'dialling':
      case 'relaying':
        return closeSession(session, endingOfRefusal('Internal'), null);
    }
  }

  #detect(session: Session, event: EventRecord): void {
    const isLast = (event.detail & (dataFlag.end | dataFlag.deadline)) !== 0;
    const { bytes } = session.port;
    const end = event.offset + event.length;
    if (!session.isHeaderRead && !this.#readHeader(session, event, isLast)) return;
    const start = event.offset + session.skip;
    // The header is the balancer's: behind it, too, an end before any byte closes.
    if (start === end && (event.detail & dataFlag.end) !== 0 && !session.listener.looksAtNothing)
      return closeSession(session, endingOfRefusal('ClientGone'), null);
    const detected = session.listener.looksAtNothing
      ? unknownProtocol
      : (session.listener.detect(bytes, start, end) ?? (isLast ? unknownProtocol : null));
    if (detected === null) {
      session.hasTurn = false;
      session.port.read(session, 0);
      return;
    }
    // Small integers live in the object itself, doubles in a box of their own: 16 bytes for each idle connection.
    session.detectedUs = Math.min(event.sinceAcceptUs, largestSmallInteger) | 0;
    this.#route(session, event, detected);
  }

  /** The PROXY protocol header of a trusted source. False: the turn was answered. */
  #readHeader(session: Session, event: EventRecord, isLast: boolean): boolean {
    const source = peerAddress(event);
    if (!session.listener.expectsHeader(source)) {
      session.isHeaderRead = true;
      return true;
    }
    const verdict = parseProxyProtocolHeader(session.port.bytes, event.offset, event.offset + event.length);
    if (verdict.kind === 'decided') {
      session.isHeaderRead = true;
      session.skip = verdict.value.length;
      const named = verdict.value.source;
      session.client = named === null ? null : (parseIpAddress(named.address) ?? null);
      session.clientPort = named?.port ?? 0;
      return true;
    }
    if (verdict.kind === 'needMore' && !isLast) {
      session.hasTurn = false;
      session.port.read(session, 0);
    } else {
      closeSession(session, endingOfRefusal('ProtocolError'), null);
    }
    return false;
  }

  #route(session: Session, event: EventRecord, detected: Detected): void {
    session.protocol = detected.protocol;
    if (detected.protocol === 'TLS') {
      session.sni = detected.sni;
      if (detected.alpn.length > 0) session.alpn = detected.alpn;
    }
    const snapshot = this.#deps.snapshot();
    const config = snapshot.table.match({
      listener: session.listener.name,
      protocol: detected.protocol,
      sni: session.sni,
      alpn: session.alpn,
      source: session.client ?? peerAddress(event),
    });
    const route = config === undefined ? undefined : snapshot.routes.get(config);
    if (route === undefined) return this.#noRoute(session, event);
    session.route = route;
    this.#act(session, event, route);
  }

  #noRoute(session: Session, event: EventRecord): void {
    const isSilence = (event.detail & dataFlag.deadline) !== 0;
    const reset = session.listener.config.noRoute === 'Reset';
    closeSession(session, endingOfRefusal(isSilence ? 'DetectTimeout' : 'NoRoute'), null, reset);
  }

  #act(session: Session, event: EventRecord, route: RouteState): void {
    const { target } = route.config;
    const protocol = session.protocol ?? 'Unknown';
    switch (target.kind) {
      case 'Endpoints':
        return this.#deps.dialler.dialRoute(session, route);
      case 'Ban':
        return closeSession(session, endingOfRefusal('Banned'), null);
      case 'Echo':
        session.stage = relaying;
        session.hasTurn = false;
        session.port.echo(session, session.skip, session.listener.config.timeouts.idleMs);
        return;
      case 'Health':
        session.stage = { kind: 'health', state: beginHealth(protocol), isIdle: false };
        return this.#deps.health.bytes(session, event);
      case 'ForwardProxy':
        session.stage = { kind: 'forward', state: beginForward(protocol, target.anonymous) };
        return this.#deps.forward.bytes(session, event);
    }
  }

  #recordWithoutSession(event: EventRecord, reason: CloseReason | null): void {
    const ended = this.#ended;
    const end = reason === null ? endingSeenByEngine(endCauseOf(event), firstEndOf(event)) : endingOfRefusal(reason);
    Object.assign(ended, nothingDecided);
    ended.serial = this.#deps.sessions.nextSerial();
    ended.listener = this.#deps.listener(event.listener).name;
    ended.client = peerAddress(event);
    ended.clientPort = event.peerPort;
    this.#record(event, end);
  }

  #recordSession(session: Session, event: EventRecord): void {
    const ended = this.#ended;
    const isReached = session.detectedUs >= 0 && event.decidedUs !== notReached;
    ended.serial = session.serial;
    ended.listener = session.listener.name;
    ended.client = session.client ?? peerAddress(event);
    ended.clientPort = session.client === null ? event.peerPort : session.clientPort;
    ended.protocol = session.protocol ?? 'Unknown';
    ended.sni = session.sni;
    ended.alpn = session.alpn;
    ended.user = session.user;
    ended.route = session.route?.config.name ?? null;
    ended.endpoint = session.endpoint?.config.url ?? null;
    ended.upstream = session.upstream;
    ended.upstreamPort = session.upstreamPort;
    ended.detectUs = session.detectedUs;
    ended.decideUs = isReached ? Math.max(0, event.decidedUs - session.detectedUs) : -1;
    this.#record(event, session.plannedEnd ?? endingOf(session, event));
  }

  #record(event: EventRecord, end: PlannedEnd): void {
    const ended = this.#ended;
    ended.bytesUp = event.bytesUp;
    ended.bytesDown = event.bytesDown;
    ended.connectUs = event.connectedUs === notReached ? -1 : event.connectedUs - event.decidedUs;
    ended.firstByteUs = event.firstByteUs === notReached ? -1 : event.firstByteUs;
    ended.durationUs = event.sinceAcceptUs;
    ended.closedBy = end.closedBy;
    ended.reason = end.reason;
    this.#deps.record(ended);
  }
}

/** The end of a session that we did not end. */
function endingOf(session: Session, event: EventRecord): PlannedEnd {
  // A health client that was answered and leaves between two requests has had all it came for.
  if (session.stage.kind === 'health' && session.stage.isIdle && endCauseOf(event) === 'ClientGone')
    return finishedByClient;
  return endingSeenByEngine(endCauseOf(event), firstEndOf(event));
}

const finishedByClient: PlannedEnd = { closedBy: 'Client', reason: 'Finished' };

function endCauseOf(event: EventRecord): (typeof endCauses)[number] {
  return endCauses[event.detail & 0xff] ?? 'Internal';
}

function firstEndOf(event: EventRecord): (typeof firstEnds)[number] {
  return firstEnds[(event.detail >>> 8) & 0xff] ?? 'Nobody';
}

function peerAddress(event: EventRecord): IpAddress {
  if (event.peerFamily !== 4 && event.peerFamily !== 6) return unknownAddress;
  return readEngineAddress(event.peerWords, 0, event.peerFamily);
}

/** Of a connection of one worker; used again when it has ended, with another generation. */
function placeOf(port: WorkerPort, { index }: { readonly index: number }): number {
  return port.number * 0x1_0000_0000 + index;
}

function refOf(event: EventRecord): ConnectionRef {
  const { index, generation, seq, tailOffset } = event;
  return { index, generation, seq, tailOffset, tag: 0 };
}
