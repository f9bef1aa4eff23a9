/**
 * An engine under a test, in the isolate that asks for it: listeners on 127.0.0.1, a decision for each event that a test
 * may replace, and what ended. The test's `t.after` stops it.
 */
import { type Addon, loadAddon } from '../../lib/addon.ts';
import { type Counters, readCounters } from '../../lib/counters.ts';
import { createEngine, type DriveMode, type Engine, type EngineSettings } from '../../lib/engine.ts';
import type { EventRecord } from '../../lib/event-record.ts';
import { openListenSockets, type WireAddress } from '../../lib/listen-sockets.ts';
import { type EndCause, endCauses } from '../../lib/ring-layout.ts';
import type { Dial, WorkerPort } from '../../lib/worker-port.ts';

export interface Ended {
  readonly cause: EndCause;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export type Decide = (port: WorkerPort, event: EventRecord) => void;

const loopbackWord = new Uint32Array(new Uint8Array([127, 0, 0, 1]).buffer)[0] ?? 0;

export function loopback(port: number): WireAddress {
  return { family: 4, port, words: [loopbackWord, 0, 0, 0] };
}

/** A dial to 127.0.0.1 that replays everything. */
export function dialTo(port: number, changes: Partial<Dial> = {}): Dial {
  return {
    ...loopback(port),
    path: null,
    skip: 0,
    reply: null,
    deadlineMs: 5000,
    idleMs: 0,
    halfClosedMs: 30_000,
    halfClose: true,
    fastOpen: false,
    ...changes,
  };
}

const defaultSettings: Omit<EngineSettings, 'mode'> = {
  threads: 2,
  fdBudget: 12_000,
  splice: true,
  receiveLowWater: false,
  delayedAck: true,
  coalesceFin: true,
  optimisticSend: true,
  settleMs: 50,
  shape: { eventCapacity: 1024, commandCapacity: 1024, smallSlots: 256, largeSlots: 4 },
};

/** Closes what JS was not told to decide. */
const closeIt: Decide = (port, event) => port.close(event, null, true);

export class TestEngine {
  readonly addon: Addon = loadAddon();
  readonly engine: Engine;
  readonly ended: Ended[] = [];
  readonly failures: unknown[] = [];
  readonly removed: number[] = [];
  decide: Decide = closeIt;
  connectFailed: Decide = closeIt;
  detached: Decide = closeIt;
  moves = 0;
  refusals = 0;

  constructor(mode: DriveMode, changes: Partial<EngineSettings> = {}) {
    this.engine = createEngine(
      this.addon,
      { ...defaultSettings, mode, ...changes },
      {
        data: (port, event) => this.decide(port, event),
        connectFailed: (port, event) => this.connectFailed(port, event),
        detached: (port, event) => this.detached(port, event),
        closed: (_port, event) => this.ended.push(endedOf(event)),
        refused: () => (this.refusals += 1),
        listenerClosed: (_port, event) => this.removed.push(event.detail),
        moved: () => (this.moves += 1),
        failed: (error) => this.failures.push(error),
        batch: (work) => work(),
      },
    );
  }

  /** Opens a listener on every accepting worker; its port. */
  listen(maxConnections = 100_000): number {
    const { acceptingPorts } = this.engine;
    const opened = openListenSockets(this.addon, loopback(0), acceptingPorts.length);
    acceptingPorts.forEach((port, ordinal) => {
      port.setListener(0, { detectMs: 10_000, maxConnections, immediate: false });
      port.addListener(0, ordinal, opened.fds[ordinal] ?? -1);
    });
    this.engine.flushSoon();
    return opened.port;
  }

  counters(): Counters {
    return readCounters(this.engine.regions);
  }
}

function endedOf(event: EventRecord): Ended {
  const cause = endCauses[event.detail & 0xff] ?? 'Internal';
  return { cause, bytesUp: event.bytesUp, bytesDown: event.bytesDown };
}
