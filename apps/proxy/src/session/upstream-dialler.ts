/**
 * Dials for a session: endpoints of a route in balance order, each once, a name's addresses in the resolver's order; every
 * attempt within `connect`, all of them within `connectTotal`. What to tell a client when nothing is left is the asker's.
 */
import { getSystemErrorName } from 'node:util';
import type { Dial } from '@sluice/native/worker-port.ts';
import { writeEngineAddress } from '../routing/engine-address.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { ResolveError } from '../upstream/resolve-error.ts';
import type { AddressFamily, Resolver } from '../upstream/resolver.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { connectFailureOf, endingOfConnectFailure, endingOfRefusal } from './connection-ending.ts';
import type { RouteState } from './routing-snapshot.ts';
import type { DialAttempt, DialFailure } from './dial-attempt.ts';
import { dialling, type PlannedEnd, type Session } from './session.ts';
import { closeSession } from './session-turn.ts';

/** Addresses to dial one after the other, already judged. */
export interface DirectDial {
  readonly addresses: readonly IpAddress[];
  readonly port: number;
  readonly skip: number;
  readonly reply: Uint8Array;
  readonly startedMs: number;
  /** Asked again before each address but the first: permission may have gone meanwhile. */
  readonly mayDial: (address: IpAddress) => boolean;
  readonly onFailed: (failure: DialFailure) => void;
}

export interface UpstreamDiallerDeps {
  readonly resolver: Resolver;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Publishes commands written outside of the engine's batches. */
  readonly flushSoon: () => void;
  /** A defect of ours in what came later: the connection is closed, all else goes on. */
  readonly reportDefect: (error: unknown) => void;
}

/** A route without endpoints, or with drained ones alone. */
const nothingTried: DialFailure = { kind: 'none' };
const refusedFirst: DialFailure = { kind: 'connect', failure: 'HostUnreachable' };
const noneTried: ReadonlySet<Endpoint> = new Set();
/** Of dials without a route: nobody adds to it. */
const nothingToTry = new Set<Endpoint>();

export class UpstreamDialler {
  readonly #deps: UpstreamDiallerDeps;
  readonly #words = new Uint32Array(4);

  constructor(deps: UpstreamDiallerDeps) {
    this.#deps = deps;
  }

  /** Dials the route's endpoints; the session is closed with the last failure when all have failed. */
  dialRoute(session: Session, route: RouteState): void {
    session.stage = dialling;
    session.dialStartedMs = Math.round(this.#deps.nowMs());
    const endpoint = route.endpoints?.pick(noneTried, this.#deps.random);
    // The common case costs nothing but the command: one endpoint with an address, and it answers.
    const literal = endpoint?.literal ?? null;
    if (endpoint !== undefined && literal !== null && endpoint.config.address.kind === 'tcp') {
      this.#useEndpoint(session, endpoint);
      const { connectMs, connectTotalMs } = session.listener.config.timeouts;
      const { port } = endpoint.config.address;
      this.#connect(session, { address: literal, port, deadlineMs: Math.min(connectMs, connectTotalMs), reply: null });
      return;
    }
    this.#tryEndpoint(session, this.#begin(session, route), endpoint);
  }

  /** Dials addresses a forward proxy client may reach. */
  dialAddresses(session: Session, dial: DirectDial): void {
    session.stage = dialling;
    session.skip = dial.skip;
    const { connectTotalMs } = session.listener.config.timeouts;
    const attempt: DialAttempt = {
      ...noAttempt,
      tried: nothingToTry,
      onFailed: dial.onFailed,
      reply: dial.reply,
      mayDial: dial.mayDial,
      totalDeadlineMs: dial.startedMs + connectTotalMs,
      endpointDeadlineMs: dial.startedMs + connectTotalMs,
      addresses: dial.addresses,
      port: dial.port,
    };
    session.attempt = attempt;
    this.#tryAddress(session, attempt);
  }

  /** The engine could not connect; the client's bytes are still there. `errno` is positive. */
  attemptFailed(session: Session, errno: number): void {
    const route = session.route;
    const attempt = session.attempt ?? this.#begin(session, route);
    attempt.lastFailure = { kind: 'connect', failure: connectFailureOf(getSystemErrorName(-errno)) };
    if (session.endpoint !== null) attempt.tried.add(session.endpoint);
    this.#tryAddress(session, attempt);
  }

  #begin(session: Session, route: RouteState | null): DialAttempt {
    const attempt: DialAttempt = {
      ...noAttempt,
      route,
      lastFailure: nothingTried,
      tried: new Set(),
      onFailed: (failure) => closeSession(session, endingOfDialFailure(failure), null),
      totalDeadlineMs: session.dialStartedMs + session.listener.config.timeouts.connectTotalMs,
    };
    session.attempt = attempt;
    return attempt;
  }

  #tryAddress(session: Session, attempt: DialAttempt): void {
    if (attempt.mayDial !== null && attempt.nextAddress > 0) skipForbidden(attempt, attempt.mayDial);
    const address = attempt.addresses[attempt.nextAddress];
    const now = this.#deps.nowMs();
    const leftMs = Math.min(attempt.endpointDeadlineMs, attempt.totalDeadlineMs) - now;
    if (address === undefined || leftMs <= 0) {
      const next = attempt.route?.endpoints?.pick(attempt.tried, this.#deps.random);
      return this.#tryEndpoint(session, attempt, next);
    }
    attempt.nextAddress += 1;
    const perAttemptMs = Math.min(leftMs, session.listener.config.timeouts.connectMs);
    const deadlineMs = Math.max(1, Math.round(perAttemptMs));
    this.#connect(session, { address, port: attempt.port, deadlineMs, reply: attempt.reply });
  }

  #tryEndpoint(session: Session, attempt: DialAttempt, endpoint: Endpoint | undefined): void {
    const now = this.#deps.nowMs();
    if (endpoint === undefined || now >= attempt.totalDeadlineMs) {
      session.attempt = null;
      return attempt.onFailed(now >= attempt.totalDeadlineMs ? timedOut : attempt.lastFailure);
    }
    this.#useEndpoint(session, endpoint);
    attempt.tried.add(endpoint);
    attempt.endpointDeadlineMs = now + session.listener.config.timeouts.connectMs;
    attempt.addresses = [];
    attempt.nextAddress = 0;
    const { address } = endpoint.config;
    if (address.kind === 'unix') return this.#connectPath(session, address.path, attempt);
    attempt.port = address.port;
    const known =
      endpoint.literal === null ? this.#deps.resolver.cached(address.host, address.family) : [endpoint.literal];
    if (known !== undefined) {
      attempt.addresses = known;
      return this.#tryAddress(session, attempt);
    }
    void this.#resolve(session, attempt, address.host, address.family);
  }

  async #resolve(session: Session, attempt: DialAttempt, host: string, family: AddressFamily): Promise<void> {
    const leftMs = Math.min(attempt.endpointDeadlineMs, attempt.totalDeadlineMs) - this.#deps.nowMs();
    // AbortSignal.timeout refuses fractions.
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
    try {
      attempt.addresses = await this.#deps.resolver.resolve(host, family, signal);
    } catch (error) {
      attempt.lastFailure = { kind: 'resolve', code: error instanceof ResolveError ? error.code : 'Timeout' };
    }
    if (session.isClosed || !session.hasTurn) return;
    try {
      this.#tryAddress(session, attempt);
    } catch (error) {
      this.#deps.reportDefect(error);
      closeSession(session, endingOfRefusal('Internal'), null);
    }
    this.#deps.flushSoon();
  }

  #useEndpoint(session: Session, endpoint: Endpoint): void {
    session.endpoint?.release();
    endpoint.acquire();
    session.endpoint = endpoint;
    session.upstream = null;
  }

  #connect(session: Session, { address, port, deadlineMs, reply }: ConnectTarget): void {
    session.upstream = address;
    session.upstreamPort = port;
    writeEngineAddress(this.#words, 0, address);
    this.#command(session, { family: address.family, port, words: this.#words, path: null, deadlineMs, reply });
  }

  #connectPath(session: Session, path: string, attempt: DialAttempt): void {
    session.upstream = null;
    const deadlineMs = Math.max(1, Math.round(attempt.endpointDeadlineMs - this.#deps.nowMs()));
    const target = {
      family: 1,
      port: 0,
      words: this.#words,
      path: Buffer.from(path),
      deadlineMs,
      reply: attempt.reply,
    } as const;
    this.#command(session, target);
  }

  #command(session: Session, target: DialTarget): void {
    const { idleMs, halfClosedMs } = session.listener.config.timeouts;
    session.hasTurn = false;
    session.port.connect(session, {
      ...target,
      skip: session.skip,
      idleMs,
      halfClosedMs,
      halfClose: session.route?.config.halfClose ?? true,
      fastOpen: session.endpoint?.config.tcpFastOpen ?? false,
    });
  }
}

interface ConnectTarget {
  readonly address: IpAddress;
  readonly port: number;
  readonly deadlineMs: number;
  /** For the client, once connected. */
  readonly reply: Uint8Array | null;
}

type DialTarget = Pick<Dial, 'family' | 'port' | 'words' | 'path' | 'deadlineMs' | 'reply'>;

const timedOut: DialFailure = { kind: 'connect', failure: 'TimedOut' };

const noAttempt = {
  route: null,
  reply: null,
  mayDial: null,
  endpointDeadlineMs: 0,
  addresses: [],
  nextAddress: 0,
  port: 0,
  lastFailure: refusedFirst,
} as const;

function skipForbidden(attempt: DialAttempt, mayDial: (address: IpAddress) => boolean): void {
  for (let at = attempt.nextAddress; at < attempt.addresses.length; at++) {
    const address = attempt.addresses[at];
    if (address !== undefined && mayDial(address)) return;
    attempt.nextAddress = at + 1;
  }
}

function endingOfDialFailure(failure: DialFailure): PlannedEnd {
  switch (failure.kind) {
    case 'none':
      return endingOfRefusal('NoEndpoint');
    case 'connect':
      return endingOfConnectFailure(failure.failure);
    case 'resolve':
      return endingOfRefusal('ResolveFailed');
  }
}
