/**
 * The decision isolate's parts over a real engine, in the test's own process: the engine in-loop, real sockets, the real
 * drivers, and the ports (names, clock, chance) in the test's hands. When the test ends every turn must have been answered
 * once: no command came twice, no connection, slot or turn is left, and no handler threw.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { loadAddon } from '@sluice/native/addon.ts';
import { readCounters, readListenerCounters } from '@sluice/native/counters.ts';
import { createEngine, type Engine, type EngineHandlers } from '@sluice/native/engine.ts';
import { parseAddress } from '@sluice/testkit/address.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { connectTcp, type TcpClient } from '@sluice/testkit/tcp-client.ts';
import { CredentialChecker, defaultCredentialCheckerConfig } from '../../src/credentials/credential-checker.ts';
import { defaultCostProfile } from '../../src/credentials/hash-password.ts';
import { verifyPassword } from '../../src/credentials/verify-password.ts';
import { UserRulesCache } from '../../src/policy/user-rules-cache.ts';
import type { IpAddress } from '../../src/routing/ip-address.ts';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import { ForwardDriver, type ForwardDriverDeps } from '../../src/session/forward-driver.ts';
import { healthDriver } from '../../src/session/health-driver.ts';
import { type BoundListener, ListenerSet } from '../../src/session/listener-set.ts';
import type { EndedConnection } from '../../src/session/record-batch.ts';
import { RoutingSnapshot } from '../../src/session/routing-snapshot.ts';
import { Revoker } from '../../src/session/revoker.ts';
import { createSessionDriver } from '../../src/session/session-driver.ts';
import { SessionTable } from '../../src/session/session-table.ts';
import { closeSession } from '../../src/session/session-turn.ts';
import { TunnelIndex } from '../../src/session/tunnel-index.ts';
import { TunnelPermission } from '../../src/session/tunnel-permission.ts';
import { UpstreamDialler } from '../../src/session/upstream-dialler.ts';
import type { Resolver } from '../../src/upstream/resolver.ts';
import { type PackedUser, packUser } from '../../src/users/packed-user.ts';
import { UserDirectory } from '../../src/users/user-directory.ts';
import { configOf } from '../config/parse-text.ts';
import { ScriptedResolver } from './scripted-resolver.ts';

export interface ProxyOptions {
  readonly resolver?: Resolver;
  readonly nowMs?: () => number;
  readonly own?: readonly IpAddress[];
  /** How long the engine waits for an answer. */
  readonly decideTimeoutMs?: number;
}

const shape = { eventCapacity: 256, commandCapacity: 256, smallSlots: 64, largeSlots: 4 };

/** Opens a proxy that serves the configuration. */
export function openProxy(scope: CleanupScope, text: string, options: ProxyOptions = {}): OpenProxy {
  const proxy = new OpenProxy(scope, options);
  scope.after(() => proxy.close());
  proxy.apply(text);
  return proxy;
}

export class OpenProxy {
  readonly engine: Engine;
  readonly records: EndedConnection[] = [];
  readonly sessions = new SessionTable();
  readonly listeners: ListenerSet;
  /** What handlers threw: a test that wants it takes it out. */
  readonly defects: unknown[] = [];
  readonly users = new UserDirectory({ defaultCost: defaultCostProfile, maxAtOnce: 100 });
  readonly tunnels = new TunnelIndex();
  readonly revoker: Revoker;
  /** Unix time, for credentials that end. */
  unixMs = 0;
  readonly #scope: CleanupScope;
  readonly #clients: TcpClient[] = [];
  readonly #credentials: CredentialChecker;
  #forward: ForwardDriver | null = null;
  #snapshot: RoutingSnapshot | null = null;
  bound: readonly BoundListener[] = [];

  constructor(scope: CleanupScope, options: ProxyOptions) {
    const addon = loadAddon();
    const nowMs = options.nowMs ?? ((): number => performance.now());
    this.#scope = scope;
    this.#credentials = new CredentialChecker(defaultCredentialCheckerConfig, {
      nowMs,
      unixMs: () => this.unixMs,
      randomBytes,
      users: this.users,
      verify: verifyPassword,
    });
    this.revoker = new Revoker({
      tunnels: this.tunnels,
      permission: this.#permission(options),
      flushSoon: () => this.engine.flushSoon(),
      reportDefect: (error) => void this.defects.push(error),
    });
    const settings = {
      ...({ mode: 'InLoop', threads: 0, fdBudget: 400, splice: true, receiveLowWater: false } as const),
      ...{ delayedAck: true, coalesceFin: true, optimisticSend: true },
      ...{ shape, decideTimeoutMs: options.decideTimeoutMs ?? 30_000 },
    };
    this.engine = createEngine(addon, settings, this.#handlers(nowMs, options));
    this.listeners = new ListenerSet({
      addon,
      ports: this.engine.acceptingPorts,
      activeOn: (id) => readListenerCounters(this.engine.regions, id).active,
    });
  }

  /** Puts a configuration in force, as a reload does. */
  apply(text: string): void {
    const { routes, users, listeners } = configOf(text);
    const snapshot = new RoutingSnapshot();
    snapshot.add(routes, this.#snapshot);
    this.users.stageFile(users.map(packUser));
    const prepared = this.listeners.prepare(listeners);
    assert.ok(prepared.kind === 'ready');
    this.#snapshot = snapshot;
    this.users.commitFile();
    this.revoker.reconsider(null);
    this.bound = prepared.commit();
    this.engine.flushSoon();
  }

  get forward(): ForwardDriver {
    assert.ok(this.#forward !== null);
    return this.#forward;
  }

  /** Changes live users, as the control plane does. */
  changeUsers(puts: readonly PackedUser[], deletes: readonly string[] = []): void {
    this.users.stageLive({ puts, deletes, keeps: [] });
    this.revoker.reconsider(this.users.commitLive());
  }

  /** A client of a listener's first address. */
  async connect(listener = 'edge'): Promise<TcpClient> {
    const address = this.bound.find(({ name }) => name === listener)?.addresses[0];
    assert.ok(address !== undefined);
    const client = await connectTcp(this.#scope, parseAddress(address));
    this.#clients.push(client);
    return client;
  }

  /** The record of a client's connection, once it has ended. */
  async recordOf(client: TcpClient): Promise<EndedConnection> {
    return await eventually(
      () => {
        const record = this.records.find(
          (ended) => formatSocketAddress(ended.client, ended.clientPort) === client.localAddress,
        );
        assert.ok(record !== undefined, `no record of ${client.localAddress}`);
        return record;
      },
      { intervalMs: 2 },
    );
  }

  /** `closedBy reason` of a client's connection. */
  async endOf(client: TcpClient): Promise<string> {
    const { closedBy, reason } = await this.recordOf(client);
    return `${closedBy} ${reason}`;
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients) socket.destroy();
    this.revoker.close();
    this.listeners.closeAll();
    const unasked = [...this.sessions].filter(({ hasTurn }) => !hasTurn).length;
    for (const session of this.sessions) closeSession(session, { closedBy: 'Drain', reason: 'DrainTimeout' }, null);
    this.engine.flushSoon();
    try {
      const left = { active: 0, slotsInUse: 0, deciding: 0, sessions: 0 };
      await eventually(() => assert.deepEqual(this.#left(), left), { intervalMs: 2 });
    } finally {
      this.engine.stop();
    }
    // A close nobody was asked for may come too late: the client has just gone.
    assert.ok(readCounters(this.engine.regions).staleCommands <= unasked + this.revoker.cut);
    assert.deepEqual(this.defects, []);
  }

  #left(): Readonly<Record<string, number>> {
    const { active, slotsInUse, deciding } = readCounters(this.engine.regions);
    return { active, slotsInUse, deciding, sessions: this.sessions.size };
  }

  #handlers(nowMs: () => number, options: ProxyOptions): EngineHandlers {
    const flushSoon = (): void => this.engine.flushSoon();
    const reportDefect = (error: unknown): void => void this.defects.push(error);
    const resolver = options.resolver ?? new ScriptedResolver();
    const snapshot = (): RoutingSnapshot => this.inForce();
    const dialler = new UpstreamDialler({ resolver, nowMs, random: () => 0, flushSoon, reportDefect });
    this.#forward = this.#createForward({ resolver, dialler, nowMs, flushSoon, reportDefect }, options);
    return createSessionDriver({
      sessions: this.sessions,
      tunnels: this.tunnels,
      snapshot,
      listener: (id) => this.listeners.byId(id),
      dialler,
      forward: this.forward,
      health: healthDriver,
      record: (ended) => void this.records.push({ ...ended }),
      timed: (work) => work(),
      reportDefect,
    });
  }

  #createForward(
    deps: Pick<ForwardDriverDeps, 'resolver' | 'dialler' | 'nowMs' | 'flushSoon' | 'reportDefect'>,
    options: ProxyOptions,
  ): ForwardDriver {
    const { tunnels, revoker } = this;
    const permission = this.#permission(options);
    return new ForwardDriver({ ...deps, credentials: this.#credentials, permission, tunnels, revoker });
  }

  #permission(options: ProxyOptions): TunnelPermission {
    return new TunnelPermission({
      users: this.users,
      rules: new UserRulesCache(),
      ownAddresses: () => options.own ?? [],
      unixMs: () => this.unixMs,
    });
  }

  inForce(): RoutingSnapshot {
    assert.ok(this.#snapshot !== null);
    return this.#snapshot;
  }
}
