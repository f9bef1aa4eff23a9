/**
 * The decision isolate's contents: the engine, the sessions and the configuration in force, driven by requests of the main
 * isolate. Nothing but decisions (and, in-loop, relays) runs here. A configuration is compiled and its sockets are bound
 * before anything changes; then one assignment puts it in force.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { loadAddon } from '@sluice/native/addon.ts';
import { readListenerCounters } from '@sluice/native/counters.ts';
import { createEngine, type Engine } from '@sluice/native/engine.ts';
import { layout } from '@sluice/native/ring-layout.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { CredentialChecker, defaultCredentialCheckerConfig } from '../credentials/credential-checker.ts';
import { deriveScryptKey } from '../credentials/derive-scrypt-key.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { createForwardDriver } from '../session/forward-driver.ts';
import { healthDriver } from '../session/health-driver.ts';
import { type BoundListener, ListenerSet, type PreparedListeners } from '../session/listener-set.ts';
import { createRoutingSnapshot, type RoutingSnapshot } from '../session/routing-snapshot.ts';
import { createSessionDriver } from '../session/session-driver.ts';
import { SessionTable } from '../session/session-table.ts';
import { closeSession } from '../session/session-turn.ts';
import { UpstreamDialler } from '../session/upstream-dialler.ts';
import { createSystemResolver } from '../upstream/system-resolver.ts';
import type { EnginePlan, IsolateReply } from './isolate-messages.ts';
import { ownAddresses } from './own-addresses.ts';
import { createPauseMeter } from './pause-meter.ts';
import { RecordOutbox } from './record-outbox.ts';

export interface DecisionCore {
  prepare(config: EffectiveConfig): PreparedListeners;
  commit(): readonly BoundListener[];
  abort(): void;
  /** Resolves to the number of connections that had to be cut. */
  drain(timeoutMs: number): Promise<number>;
  readonly started: Extract<IsolateReply, { kind: 'started' }>;
}

interface Prepared {
  readonly snapshot: RoutingSnapshot;
  readonly own: readonly IpAddress[];
  readonly listeners: Extract<PreparedListeners, { kind: 'ready' }>;
  readonly config: EffectiveConfig;
}

const nowMs = (): number => performance.now();
const drainLookMs = 10;
const lastEventsMs = 500;

/** Starts the engine. Throws when the addon is not built or the kernel refuses what it needs. */
export function createDecisionCore(plan: EnginePlan, post: (reply: IsolateReply) => void): DecisionCore {
  const addon = loadAddon();
  const meter = createPauseMeter(nowMs);
  const sessions = new SessionTable();
  const outbox = new RecordOutbox(post);
  const resolver = createSystemResolver({ now: nowMs });
  const credentials = new CredentialChecker(defaultCredentialCheckerConfig, {
    nowMs,
    randomBytes,
    deriveKey: deriveScryptKey,
  });
  let snapshot: RoutingSnapshot | null = null;
  let own: readonly IpAddress[] = [];
  let prepared: Prepared | null = null;
  const inForce = (): RoutingSnapshot => {
    if (snapshot === null) throw new Error('a connection came before the first configuration');
    return snapshot;
  };
  const flushSoon = (): void => engine.flushSoon();
  const dialler = new UpstreamDialler({ resolver, nowMs, random: Math.random, flushSoon });
  const forward = createForwardDriver({
    credentials,
    resolver,
    dialler,
    snapshot: inForce,
    ownAddresses: () => own,
    nowMs,
    flushSoon,
  });
  const driver = createSessionDriver({
    sessions,
    snapshot: inForce,
    listener: (id) => listeners.byId(id),
    dialler,
    forward,
    health: healthDriver,
    record: (ended) => outbox.add(ended),
    timed: (work) => meter.timed(work),
    reportDefect: (error) =>
      post({ kind: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  });
  const engine = createEngine(addon, engineSettings(plan), driver);
  const listeners = new ListenerSet({ addon, ports: engine.acceptingPorts });
  outbox.watchLimits(() => ({
    resolver: resolver.stats().overloads,
    credential_checks: credentials.counters.overloaded,
  }));

  return {
    started: { kind: 'started', regions: engine.regions, pauses: meter.shared },
    prepare(config) {
      const ready = listeners.prepare(config.listeners);
      if (ready.kind === 'failed') return ready;
      prepared = {
        snapshot: meter.timed(() => createRoutingSnapshot(config, snapshot)),
        own: ownAddresses(config, networkInterfaces()),
        listeners: ready,
        config,
      };
      return ready;
    },
    commit() {
      if (prepared === null) throw new Error('commit without prepare');
      const { listeners: ready, config } = prepared;
      ({ snapshot, own } = prepared);
      prepared = null;
      credentials.replaceUsers(config.users);
      outbox.setDetailed(config.log.access);
      const bound = ready.commit();
      engine.flushSoon();
      return bound;
    },
    abort() {
      prepared?.listeners.abort();
      prepared = null;
    },
    async drain(timeoutMs) {
      listeners.closeAll();
      engine.flushSoon();
      const active = (): number => activeConnections(engine);
      await until(() => active() === 0, timeoutMs);
      const cut = active();
      if (cut > 0) await cutSessions(sessions, engine);
      engine.stop();
      meter.close();
      outbox.flush();
      return cut;
    },
  };
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
