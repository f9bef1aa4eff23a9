/**
 * Runs a forward proxy client's handshake over the engine's turns: replies, the password check, the name, the judgement of
 * each address, the dial; and tells the client in its own protocol when any of them says no.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import { dataFlag } from '@sluice/native/ring-layout.ts';
import type { CredentialChecker, CredentialVerdict } from '../credentials/credential-checker.ts';
import type { VerifiedAgainst } from '../credentials/verified-cache.ts';
import type { Destination } from '../forward/destination.ts';
import { closeReasonOfFailure, type ForwardFailure } from '../forward/forward-failure.ts';
import {
  type ForwardState,
  type ForwardStep,
  failureReply,
  onAuthenticated,
  stepForward,
} from '../forward/forward-handshake.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { ResolveError } from '../upstream/resolve-error.ts';
import type { Resolver } from '../upstream/resolver.ts';
import { endingOfRefusal } from './connection-ending.ts';
import type { Revoker } from './revoker.ts';
import type { Session } from './session.ts';
import { closeSession } from './session-turn.ts';
import type { DialFailure } from './dial-attempt.ts';
import type { TunnelIndex } from './tunnel-index.ts';
import type { TunnelPermission } from './tunnel-permission.ts';
import type { UpstreamDialler } from './upstream-dialler.ts';

export interface ForwardDriverDeps {
  readonly credentials: CredentialChecker;
  readonly resolver: Resolver;
  readonly dialler: UpstreamDialler;
  readonly permission: TunnelPermission;
  readonly tunnels: TunnelIndex;
  readonly revoker: Pick<Revoker, 'watchEnd'>;
  readonly nowMs: () => number;
  readonly flushSoon: () => void;
  /** A defect of ours in what came later: the connection is closed, all else goes on. */
  readonly reportDefect: (error: unknown) => void;
}

/** One turn's bytes while they are stepped through. */
interface Turn {
  readonly session: Session;
  readonly start: number;
  readonly end: number;
  /** Consumed so far, from `start`. */
  consumed: number;
  readonly replies: Buffer[];
  /** No more bytes will come: the end of the stream, or the deadline. */
  readonly isOver: boolean;
}

type ConnectStep = Extract<ForwardStep, { kind: 'connect' }>;
type AuthenticateStep = Extract<ForwardStep, { kind: 'authenticate' }>;

export class ForwardDriver {
  readonly #deps: ForwardDriverDeps;
  #quotaRefusals = 0;

  constructor(deps: ForwardDriverDeps) {
    this.#deps = deps;
  }

  /** Tunnels refused because their user had as many as it may. */
  get quotaRefusals(): number {
    return this.#quotaRefusals;
  }

  /** Bytes (or the end, or the deadline) of a client whose route is a forward proxy. */
  bytes(session: Session, event: EventRecord): void {
    if (session.stage.kind !== 'forward') return closeSession(session, endingOfRefusal('Internal'), null);
    const start = event.offset + session.skip;
    const isOver = (event.detail & (dataFlag.deadline | dataFlag.end)) !== 0;
    const turn: Turn = { session, start, end: event.offset + event.length, consumed: 0, replies: [], isOver };
    this.#stepOn(turn, session.stage.state);
  }

  #stepOn(turn: Turn, from: ForwardState): void {
    const { bytes } = turn.session.port;
    this.#act(turn, from, stepForward(from, bytes, turn.start + turn.consumed, turn.end));
  }

  #act(turn: Turn, state: ForwardState, step: ForwardStep): void {
    switch (step.kind) {
      case 'reply':
        turn.consumed += step.consumed;
        turn.replies.push(step.bytes);
        return this.#stepOn(turn, step.state);
      case 'needMore':
        return this.#readOn(turn, step.state);
      case 'refuse':
        return closeSession(turn.session, endingOfRefusal(step.reason), withReplies(turn, step.bytes));
      case 'authenticate':
        turn.consumed += step.consumed;
        return this.#authenticate(turn, step);
      case 'connect':
        turn.consumed += step.consumed;
        return this.#connect(turn, step, state);
    }
  }

  #readOn(turn: Turn, state: ForwardState): void {
    const { session } = turn;
    if (turn.isOver) return this.#fail(turn, state, 'HandshakeTimedOut');
    const consume = session.skip + turn.consumed;
    session.stage = { kind: 'forward', state };
    session.skip = 0;
    session.hasTurn = false;
    // The deadline of detection runs on: no byte of a handshake moves it.
    session.port.reply(session, { bytes: joined(turn.replies), consume, deadlineMs: 0, again: false });
  }

  #authenticate(turn: Turn, step: AuthenticateStep): void {
    const { credentials } = this.#deps;
    const against = credentials.checkCached(step.user, step.password);
    if (against !== undefined) return this.#afterVerdict(turn, step, { kind: 'valid', against });
    void credentials.check(step.user, step.password).then((verdict) => {
      this.#later(turn, () => this.#afterVerdict(turn, step, verdict));
    });
  }

  #afterVerdict(turn: Turn, step: AuthenticateStep, verdict: CredentialVerdict): void {
    if (verdict.kind === 'valid') logIn(turn.session, step.user, verdict.against);
    this.#act(turn, step.state, onAuthenticated(step.state, verdict.kind));
  }

  #connect(turn: Turn, step: ConnectStep, state: ForwardState): void {
    const { destination } = step;
    const startedMs = this.#deps.nowMs();
    if (destination.kind === 'address') return this.#dialAllowed(turn, step, [destination.address], startedMs);
    const known = this.#deps.resolver.cached(destination.name, 0);
    if (known !== undefined) return this.#dialAllowed(turn, step, known, startedMs);
    const signal = AbortSignal.timeout(turn.session.listener.config.timeouts.connectTotalMs);
    this.#deps.resolver.resolve(destination.name, 0, signal).then(
      (addresses) => this.#later(turn, () => this.#dialAllowed(turn, step, addresses, startedMs)),
      (error: unknown) => this.#later(turn, () => this.#fail(turn, state, resolveFailureOf(error))),
    );
  }

  #dialAllowed(turn: Turn, step: ConnectStep, addresses: readonly IpAddress[], startedMs: number): void {
    const { session } = turn;
    const asked = askedFor(step.destination);
    const mayDial = (address: IpAddress): boolean => this.#deps.permission.mayReach(session.tunnel, asked, address);
    const allowed = addresses.filter(mayDial);
    if (allowed.length === 0) return this.#fail(turn, step.state, 'NotAllowed');
    if (!this.#openTunnel(session, asked)) return this.#fail(turn, step.state, 'QuotaReached');
    this.#deps.dialler.dialAddresses(session, {
      addresses: allowed,
      port: step.destination.port,
      skip: session.skip + turn.consumed,
      reply: withReplies(turn, step.successReply),
      startedMs,
      mayDial,
      onFailed: (failure) => this.#fail(turn, step.state, forwardFailureOf(failure)),
    });
  }

  /** False: the user has as many as it may. From here to its end a change of the user finds the session. */
  #openTunnel(session: Session, { domain, port }: AskedFor): boolean {
    const { tunnel } = session;
    if (tunnel === null) return true;
    const { tunnels, permission, revoker } = this.#deps;
    const record = permission.recordOf(tunnel);
    if (record === undefined) return false; // never: mayReach has just found it
    if (record.maxConnections > 0 && tunnels.of(tunnel.user).size >= record.maxConnections) {
      this.#quotaRefusals++;
      return false;
    }
    tunnel.domain = domain;
    tunnel.port = port;
    tunnel.isCutWhenRevoked = record.isCutWhenRevoked;
    tunnels.add(tunnel.user, session);
    if (record.credentials.includes(' ')) revoker.watchEnd(session);
    return true;
  }

  #fail(turn: Turn, state: ForwardState, failure: ForwardFailure): void {
    const reason = failure === 'HandshakeTimedOut' ? 'DetectTimeout' : closeReasonOfFailure(failure);
    closeSession(turn.session, endingOfRefusal(reason), withReplies(turn, failureReply(state, failure)));
  }

  /** Goes on outside of the engine's batches, unless the connection ended meanwhile. */
  #later(turn: Turn, goOn: () => void): void {
    const { session } = turn;
    if (session.isClosed || !session.hasTurn) return;
    try {
      goOn();
    } catch (error) {
      this.#deps.reportDefect(error);
      closeSession(session, endingOfRefusal('Internal'), null);
    }
    this.#deps.flushSoon();
  }
}

interface AskedFor {
  readonly domain: string | null;
  readonly port: number;
}

function askedFor(destination: Destination): AskedFor {
  return { domain: destination.kind === 'domain' ? destination.name : null, port: destination.port };
}

function logIn(session: Session, user: string, against: VerifiedAgainst): void {
  session.user = user;
  session.tunnel = { user, against, domain: null, port: 0, isCutWhenRevoked: false };
}

const nothing = Buffer.alloc(0);

function joined(replies: readonly Buffer[]): Buffer {
  return replies.length === 1 ? (replies[0] ?? nothing) : Buffer.concat(replies);
}

/** What earlier steps of this turn have to say goes first. */
function withReplies(turn: Turn, last: Buffer): Buffer {
  return turn.replies.length === 0 ? last : Buffer.concat([...turn.replies, last]);
}

function resolveFailureOf(error: unknown): ForwardFailure {
  return error instanceof ResolveError && error.code === 'Overloaded' ? 'LimitReached' : 'ResolveFailed';
}

function forwardFailureOf(failure: DialFailure): ForwardFailure {
  if (failure.kind === 'resolve') return 'ResolveFailed';
  // Only a route can have nothing to try.
  if (failure.kind === 'none') return 'HostUnreachable';
  switch (failure.failure) {
    case 'Refused':
      return 'Refused';
    case 'TimedOut':
      return 'TimedOut';
    case 'NetworkUnreachable':
      return 'NetworkUnreachable';
    case 'HostUnreachable':
      return 'HostUnreachable';
    case 'OutOfResources':
      return 'LimitReached';
  }
}
