/**
 * Runs a forward proxy client's handshake over the engine's turns: replies, the password check, the name, the judgement of
 * each address, the dial; and tells the client in its own protocol when any of them says no.
 */
import type { EventRecord } from '@sluice/native/event-record.ts';
import { dataFlag } from '@sluice/native/ring-layout.ts';
import type { CredentialChecker } from '../credentials/credential-checker.ts';
import type { Destination } from '../forward/destination.ts';
import {
  failureReply,
  type ForwardState,
  type ForwardStep,
  onAuthenticated,
  stepForward,
} from '../forward/forward-handshake.ts';
import { closeReasonOfFailure, type ForwardFailure } from '../forward/forward-failure.ts';
import { judgeDestination } from '../policy/destination-policy.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { ResolveError } from '../upstream/resolve-error.ts';
import type { Resolver } from '../upstream/resolver.ts';
import { endingOfRefusal } from './connection-ending.ts';
import type { RoutingSnapshot } from './routing-snapshot.ts';
import type { Session } from './session.ts';
import { closeSession } from './session-turn.ts';
import type { DialFailure, UpstreamDialler } from './upstream-dialler.ts';

export interface ForwardDriverDeps {
  readonly credentials: CredentialChecker;
  readonly resolver: Resolver;
  readonly dialler: UpstreamDialler;
  readonly snapshot: () => RoutingSnapshot;
  /** On which the proxy itself can be reached. */
  readonly ownAddresses: () => readonly IpAddress[];
  readonly nowMs: () => number;
  readonly flushSoon: () => void;
}

export interface ForwardDriver {
  bytes(session: Session, event: EventRecord): void;
}

/** One turn's bytes while they are stepped through. */
interface Turn {
  readonly session: Session;
  readonly start: number;
  readonly end: number;
  /** Consumed so far, from `start`. */
  consumed: number;
  replies: Buffer[];
  readonly isOver: boolean;
}

type ConnectStep = Extract<ForwardStep, { kind: 'connect' }>;
type AuthenticateStep = Extract<ForwardStep, { kind: 'authenticate' }>;

export function createForwardDriver(deps: ForwardDriverDeps): ForwardDriver {
  const stepOn = (turn: Turn, from: ForwardState): void => {
    let state = from;
    for (;;) {
      const at = turn.start + turn.consumed;
      const step = stepForward(state, turn.session.port.bytes, at, turn.end);
      if (step.kind !== 'reply') return act(turn, state, step);
      turn.consumed += step.consumed;
      turn.replies.push(step.bytes);
      state = step.state;
    }
  };

  const act = (turn: Turn, state: ForwardState, step: Exclude<ForwardStep, { kind: 'reply' }>): void => {
    switch (step.kind) {
      case 'needMore':
        return readOn(turn, step.state);
      case 'refuse':
        return closeSession(turn.session, endingOfRefusal(step.reason), withReplies(turn, step.bytes));
      case 'authenticate':
        turn.consumed += step.consumed;
        return authenticate(turn, step);
      case 'connect':
        turn.consumed += step.consumed;
        return connect(turn, step, state);
    }
  };

  const readOn = (turn: Turn, state: ForwardState): void => {
    const { session } = turn;
    if (turn.isOver) return fail(turn, state, 'HandshakeTimedOut');
    session.stage = { kind: 'forward', state };
    const consume = session.skip + turn.consumed;
    session.skip = 0;
    session.hasTurn = false;
    session.port.reply(session, { bytes: Buffer.concat(turn.replies), consume, deadlineMs: 0, again: false });
  };

  const authenticate = (turn: Turn, step: AuthenticateStep): void => {
    const { session } = turn;
    if (deps.credentials.checkCached(step.user, step.password) === 'valid') {
      session.user = step.user;
      return afterVerdict(turn, step.state, onAuthenticated(step.state, 'valid'));
    }
    void deps.credentials.check(step.user, step.password).then((verdict) => {
      if (session.isClosed || !session.hasTurn) return;
      if (verdict === 'valid') session.user = step.user;
      afterVerdict(turn, step.state, onAuthenticated(step.state, verdict));
      deps.flushSoon();
    });
  };

  const afterVerdict = (turn: Turn, state: ForwardState, step: ForwardStep): void => {
    if (step.kind !== 'reply') return act(turn, state, step);
    turn.consumed += step.consumed;
    turn.replies.push(step.bytes);
    stepOn(turn, step.state);
  };

  const connect = (turn: Turn, step: ConnectStep, state: ForwardState): void => {
    const { session } = turn;
    const startedMs = deps.nowMs();
    const known =
      step.destination.kind === 'address' ? [step.destination.address] : deps.resolver.cached(step.destination.name, 0);
    if (known !== undefined) return dialAllowed(turn, step, known, startedMs);
    const name = step.destination.kind === 'domain' ? step.destination.name : '';
    const signal = AbortSignal.timeout(session.listener.config.timeouts.connectTotalMs);
    void deps.resolver.resolve(name, 0, signal).then(
      (addresses) => {
        if (session.isClosed || !session.hasTurn) return;
        dialAllowed(turn, step, addresses, startedMs);
        deps.flushSoon();
      },
      (error: unknown) => {
        if (session.isClosed || !session.hasTurn) return;
        fail(
          turn,
          state,
          error instanceof ResolveError && error.code === 'Overloaded' ? 'LimitReached' : 'ResolveFailed',
        );
        deps.flushSoon();
      },
    );
  };

  const dialAllowed = (turn: Turn, step: ConnectStep, addresses: readonly IpAddress[], startedMs: number): void => {
    const { session } = turn;
    const allowed = addresses.filter((address) => isAllowed(session, step.destination, address));
    if (allowed.length === 0) return fail(turn, step.state, 'NotAllowed');
    deps.dialler.dialAddresses(session, {
      addresses: allowed,
      port: step.destination.port,
      skip: session.skip + turn.consumed,
      reply: withReplies(turn, step.successReply),
      startedMs,
      onFailed: (failure) => fail(turn, step.state, forwardFailureOf(failure)),
    });
  };

  const isAllowed = (session: Session, destination: Destination, address: IpAddress): boolean => {
    const rules = session.user === null ? null : deps.snapshot().rulesByUser.get(session.user);
    if (rules === undefined) return false; // removed by a reload since the password was checked
    const domain = destination.kind === 'domain' ? destination.name : null;
    const judgement = judgeDestination(rules, { domain, address, port: destination.port }, deps.ownAddresses());
    return judgement.kind === 'allowed';
  };

  const fail = (turn: Turn, state: ForwardState, failure: ForwardFailure): void => {
    const end =
      failure === 'HandshakeTimedOut'
        ? endingOfRefusal('DetectTimeout')
        : endingOfRefusal(closeReasonOfFailure(failure));
    closeSession(turn.session, end, withReplies(turn, failureReply(state, failure)));
  };

  return {
    bytes(session, event) {
      if (session.stage.kind !== 'forward') return closeSession(session, endingOfRefusal('Internal'), null);
      const start = event.offset + session.skip;
      const isOver = (event.detail & (dataFlag.deadline | dataFlag.end)) !== 0;
      const turn: Turn = { session, start, end: event.offset + event.length, consumed: 0, replies: [], isOver };
      stepOn(turn, session.stage.state);
    },
  };
}

/** What earlier steps of this turn have to say goes first. */
function withReplies(turn: Turn, last: Buffer): Buffer {
  return turn.replies.length === 0 ? last : Buffer.concat([...turn.replies, last]);
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
