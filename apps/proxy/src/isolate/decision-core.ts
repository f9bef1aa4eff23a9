/**
 * The decision isolate's contents: the engine, the sessions and the configuration in force, driven by requests of the main
 * isolate. Nothing but decisions (and, in-loop, relays) runs here. A configuration is compiled and its sockets are bound
 * before anything changes; then one assignment puts it in force.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { createOwnHeap, type Heap } from '@sluice/runtime/heap-relief.ts';
import { loadAddon } from '@sluice/native/addon.ts';
import { readListenerCounters } from '@sluice/native/counters.ts';
import { createEngine, type Engine, type EngineHandlers } from '@sluice/native/engine.ts';
import { layout } from '@sluice/native/ring-layout.ts';
import type { RouteConfig } from '../config/effective-config.ts';
import { CredentialChecker, defaultCredentialCheckerConfig } from '../credentials/credential-checker.ts';
import { defaultCostProfile } from '../credentials/hash-password.ts';
import { verifyPassword } from '../credentials/verify-password.ts';
import { UserRulesCache } from '../policy/user-rules-cache.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { ForwardDriver } from '../session/forward-driver.ts';
import { healthDriver } from '../session/health-driver.ts';
import { type BoundListener, ListenerSet, type PreparedListeners } from '../session/listener-set.ts';
import { Revoker } from '../session/revoker.ts';
import { RoutingSnapshot, type StagedChange } from '../session/routing-snapshot.ts';
import { createSessionDriver } from '../session/session-driver.ts';
import { SessionTable } from '../session/session-table.ts';
import { closeSession } from '../session/session-turn.ts';
import { TunnelIndex } from '../session/tunnel-index.ts';
import { TunnelPermission } from '../session/tunnel-permission.ts';
import { UpstreamDialler } from '../session/upstream-dialler.ts';
import { createSystemResolver } from '../upstream/system-resolver.ts';
import type { PackedUser } from '../users/packed-user.ts';
import { UserDirectory, type UserPart } from '../users/user-directory.ts';
import type { ConfigFrame, EnginePlan, FileUsers, IsolateReply, PrepareRequest } from './isolate-messages.ts';
import { ownAddresses } from './own-addresses.ts';
import { createPauseMeter } from './pause-meter.ts';
import { RecordOutbox } from './record-outbox.ts';

export interface DecisionCore {
  /** A part of what the next `prepare` is about. */
  take(routes: readonly RouteConfig[], users: readonly PackedUser[]): void;
  /** `PartsWanted`: nothing was done, the edits touch too much. */
  prepare(request: PrepareRequest): PreparedListeners | 'PartsWanted';
  /** Resolves when every worker has it. */
  commit(): Promise<readonly BoundListener[]>;
  abort(): void;
  stageUsers(begins: 'Change' | 'Whole' | null, part: UserPart): void;
  /** In force at once; resolves when the next change may come. */
  commitUsers(): Promise<void>;
  /** Resolves to the number of connections that had to be cut. */
  drain(timeoutMs: number): Promise<number>;
  readonly started: Extract<IsolateReply, { kind: 'started' }>;
}

interface Prepared {
  /** Another snapshot, or what changes of the one in force. */
  readonly routing: RoutingSnapshot | StagedChange;
  readonly own: readonly IpAddress[];
  readonly listeners: Extract<PreparedListeners, { kind: 'ready' }>;
  readonly frame: ConfigFrame;
  readonly fileUsers: FileUsers;
}

const nowMs = (): number => performance.now();
const unixMs = (): number => Date.now();
const drainLookMs = 10;
const lastEventsMs = 500;
/** Routes compiled in one turn: some milliseconds at most, as a part. */
const routesAtOnce = 1000;
/** Changed users of one turn: some milliseconds at most. */
const usersAtOnce = 400;
/** A whole change of fewer leaves no garbage that matters. */
const collectedUsers = 10_000;

/** Starts the engine. Throws when the addon is not built or the kernel refuses what it needs. */
export function createDecisionCore(plan: EnginePlan, post: (reply: IsolateReply) => void): DecisionCore {
  return new RunningCore(plan, post);
}

class RunningCore implements DecisionCore {
  readonly started: Extract<IsolateReply, { kind: 'started' }>;
  readonly #engine: Engine;
  readonly #listeners: ListenerSet;
  readonly #sessions = new SessionTable();
  readonly #outbox: RecordOutbox;
  readonly #meter = createPauseMeter(nowMs);
  readonly #users = new UserDirectory({ defaultCost: defaultCostProfile, maxAtOnce: usersAtOnce });
  readonly #tunnels = new TunnelIndex();
  readonly #credentials: CredentialChecker;
  readonly #forward: ForwardDriver;
  readonly #revoker: Revoker;
  #snapshot: RoutingSnapshot | null = null;
  #own: readonly IpAddress[] = [];
  /** Of which some parts have come. */
  #growing: RoutingSnapshot | null = null;
  #prepared: Prepared | null = null;
  #heap: Heap | null = null;

  constructor(plan: EnginePlan, post: (reply: IsolateReply) => void) {
    const addon = loadAddon();
    const resolver = createSystemResolver({ now: nowMs });
    const reportDefect = (error: unknown): void => post({ kind: 'defect', message: describeDefect(error) });
    const flushSoon = (): void => this.#engine.flushSoon();
    const users = this.#users;
    this.#outbox = new RecordOutbox(post);
    this.#credentials = new CredentialChecker(defaultCredentialCheckerConfig, {
      nowMs,
      unixMs,
      randomBytes,
      users,
      verify: verifyPassword,
    });
    const ownAddresses = (): readonly IpAddress[] => this.#own;
    const rules = new UserRulesCache();
    const permission = new TunnelPermission({ users, rules, ownAddresses, unixMs });
    const dialler = new UpstreamDialler({ resolver, nowMs, random: Math.random, flushSoon, reportDefect });
    this.#revoker = new Revoker({ tunnels: this.#tunnels, permission, flushSoon, reportDefect });
    this.#forward = new ForwardDriver({
      credentials: this.#credentials,
      resolver,
      dialler,
      permission,
      tunnels: this.#tunnels,
      revoker: this.#revoker,
      nowMs,
      flushSoon,
      reportDefect,
    });
    const handlers = this.#createHandlers(dialler, reportDefect);
    this.#engine = createEngine(addon, engineSettings(plan), handlers);
    this.#listeners = new ListenerSet({
      addon,
      ports: this.#engine.acceptingPorts,
      activeOn: (id) => readListenerCounters(this.#engine.regions, id).active,
    });
    this.#outbox.watchLimits(() => ({
      name_lookups: resolver.stats().overloads,
      name_lookup_timeouts: resolver.stats().timeouts,
      credential_checks: this.#credentials.counters.overloaded,
      user_connections: this.#forward.quotaRefusals,
    }));
    this.started = { kind: 'started', regions: this.#engine.regions, pauses: this.#meter.shared };
  }

  take(routes: readonly RouteConfig[], users: readonly PackedUser[]): void {
    this.#growing ??= new RoutingSnapshot();
    const growing = this.#growing;
    this.#meter.timed(() => {
      growing.add(routes, this.#snapshot);
      this.#users.stageFile(users);
    });
  }

  prepare({ frame, fileUsers, edits }: PrepareRequest): PreparedListeners | 'PartsWanted' {
    const routing =
      edits === null
        ? (this.#growing ?? new RoutingSnapshot())
        : this.#meter.timed(() => this.#inForce().stage(edits, routesAtOnce));
    this.#growing = null;
    if (routing === null) return 'PartsWanted';
    const listeners = this.#listeners.prepare(frame.listeners);
    if (listeners.kind === 'failed') {
      this.#users.abortFile();
      return listeners;
    }
    const own = ownAddresses(frame, networkInterfaces());
    this.#prepared = { routing, own, listeners, frame, fileUsers };
    return listeners;
  }

  async commit(): Promise<readonly BoundListener[]> {
    if (this.#prepared === null) throw new Error('commit without prepare');
    const { routing, own, listeners, frame, fileUsers } = this.#prepared;
    this.#prepared = null;
    if (routing instanceof RoutingSnapshot) this.#snapshot = routing;
    else this.#meter.timed(() => this.#inForce().edit(routing));
    this.#own = own;
    if (fileUsers === 'Replaced') this.#users.commitFile();
    this.#revoker.reconsider(null);
    this.#outbox.setDetailed(frame.log.access);
    const bound = listeners.commit();
    await this.#engine.fence();
    return bound;
  }

  abort(): void {
    this.#prepared?.listeners.abort();
    this.#prepared = null;
    this.#growing = null;
    this.#users.abortFile();
  }

  stageUsers(begins: 'Change' | 'Whole' | null, part: UserPart): void {
    this.#meter.timed(() => {
      if (begins === 'Whole') this.#users.beginWhole();
      if (begins === 'Change') this.#users.abortLive();
      this.#users.stageLive(part);
    });
  }

  async commitUsers(): Promise<void> {
    const names = this.#users.commitLive();
    this.#meter.timed(() => this.#revoker.reconsider(names));
    while (this.#users.moveSome(usersAtOnce)) await nextTurn();
    if (names === null && this.#users.liveCount >= collectedUsers) this.#collect();
  }

  /**
   * A large whole change leaves the heap at its limit: the next function that V8 compiles in the background would have everything
   * collected at once, for ten milliseconds or more, in the midst of single changes. Here it is a part of what was large anyway.
   */
  #collect(): void {
    this.#heap ??= createOwnHeap();
    this.#heap.collect();
  }

  async drain(timeoutMs: number): Promise<number> {
    // What a reload has bound and not put in force would queue clients whom nobody serves.
    this.abort();
    this.#listeners.closeAll();
    this.#engine.flushSoon();
    await until(() => activeConnections(this.#engine) === 0, timeoutMs);
    const cut = activeConnections(this.#engine);
    if (cut > 0) await cutSessions(this.#sessions, this.#engine);
    this.#engine.stop();
    this.#revoker.close();
    this.#meter.close();
    this.#outbox.flush();
    return cut;
  }

  #createHandlers(dialler: UpstreamDialler, reportDefect: (error: unknown) => void): EngineHandlers {
    return createSessionDriver({
      sessions: this.#sessions,
      tunnels: this.#tunnels,
      snapshot: () => this.#inForce(),
      listener: (id) => this.#listeners.byId(id),
      dialler,
      forward: this.#forward,
      health: healthDriver,
      record: (ended) => this.#outbox.add(ended),
      timed: (work) => this.#meter.timed(work),
      reportDefect,
    });
  }

  #inForce(): RoutingSnapshot {
    if (this.#snapshot === null) throw new Error('a connection came before the first configuration');
    return this.#snapshot;
  }
}

/** With the stack: a defect is ours, and nobody can mend it without knowing where. */
function describeDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function engineSettings(plan: EnginePlan): Parameters<typeof createEngine>[1] {
  const { datapath } = plan;
  return {
    mode: plan.mode,
    threads: plan.threads,
    fdBudget: plan.fdBudget,
    splice: datapath.splice,
    receiveLowWater: datapath.receiveLowWater,
    delayedAck: datapath.packetDiet.delayedAck,
    coalesceFin: datapath.packetDiet.coalesceFin,
    optimisticSend: datapath.packetDiet.optimisticSend,
  };
}

function activeConnections(engine: Engine): number {
  let sum = 0;
  for (let id = 0; id < layout.maxListeners; id++) sum += readListenerCounters(engine.regions, id).active;
  return sum;
}

/** Ends what outlived the drain, a few thousand at a time: the command ring is not endless. */
async function cutSessions(sessions: SessionTable, engine: Engine): Promise<void> {
  for (const session of [...sessions]) {
    while (session.port.freeUnaskedCommands() < 1) {
      engine.flushSoon();
      await delay(1);
    }
    closeSession(session, { closedBy: 'Drain', reason: 'DrainTimeout' }, null);
  }
  engine.flushSoon();
  await until(() => sessions.size === 0, lastEventsMs);
}

async function until(isDone: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = nowMs() + timeoutMs;
  while (!isDone() && nowMs() < deadline) await delay(Math.min(drainLookMs, Math.max(1, deadline - nowMs())));
}
