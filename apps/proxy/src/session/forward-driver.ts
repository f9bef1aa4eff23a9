/**
 * Runs a forward proxy client's handshake over the engine's turns: replies, the password check, the name, the judgement of
 * each address, the dial; and tells the client in its own protocol when any of them says no.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import { dataFlag } from '@sluice/native/ring-layout.ts';
import type { CredentialChecker } from '../credentials/credential-checker.ts';
import type { Destination } from '../forward/destination.ts';
import { closeReasonOfFailure, type ForwardFailure } from '../forward/forward-failure.ts';
import {
  type ForwardState,
  type ForwardStep,
  failureReply,
  onAuthenticated,
  stepForward,
} from '../forward/forward-handshake.ts';
import type { AuthenticationVerdict } from '../forward/handshake-step.ts';
import { judgeDestination } from '../policy/destination-policy.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { ResolveError } from '../upstream/resolve-error.ts';
import type { Resolver } from '../upstream/resolver.ts';
import { endingOfRefusal } from './connection-ending.ts';
import type { RoutingSnapshot } from './routing-snapshot.ts';
import type { Session } from './session.ts';
import { closeSession } from './session-turn.ts';
import type { DialFailure } from './dial-attempt.ts';
import type { UpstreamDialler } from './upstream-dialler.ts';

export interface ForwardDriverDeps {
  readonly credentials: CredentialChecker;
  readonly resolver: Resolver;
  readonly dialler: UpstreamDialler;
  readonly snapshot: () => RoutingSnapshot;
  /** On which the proxy itself can be reached. */
  readonly ownAddresses: () => readonly IpAddress[];
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

  constructor(deps: ForwardDriverDeps) {
    this.#deps = deps;
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
    if (credentials.checkCached(step.user, step.password) === 'valid') return this.#afterVerdict(turn, step, 'valid');
    void credentials.check(step.user, step.password).then((verdict) => {
      this.#later(turn, () => this.#afterVerdict(turn, step, verdict));
    });
  }

  #afterVerdict(turn: Turn, step: AuthenticateStep, verdict: AuthenticationVerdict): void {
    if (verdict === 'valid') turn.session.user = step.user;
    this.#act(turn, step.state, onAuthenticated(step.state, verdict));
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
    const allowed = addresses.filter((address) => this.#isAllowed(session, step.destination, address));
    if (allowed.length === 0) return this.#fail(turn, step.state, 'NotAllowed');
    this.#deps.dialler.dialAddresses(session, {
      addresses: allowed,
      port: step.destination.port,
      skip: session.skip + turn.consumed,
      reply: withReplies(turn, step.successReply),
      startedMs,
      onFailed: (failure) => this.#fail(turn, step.state, forwardFailureOf(failure)),
    });
  }

  #isAllowed(session: Session, destination: Destination, address: IpAddress): boolean {
    const rules = session.user === null ? null : this.#deps.snapshot().rulesByUser.get(session.user);
    if (rules === undefined) return false; // removed by a reload since the password was checked
    const domain = destination.kind === 'domain' ? destination.name : null;
    const dialled = { domain, address, port: destination.port };
    return judgeDestination(rules, dialled, this.#deps.ownAddresses()).kind === 'allowed';
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
