/**
 * The engine as the decision isolate sees it: creates the shared memory and the workers, and drains their events to the
 * handlers in batches. Handlers answer by writing commands to the port; they are published after each batch.
 */
import type { Addon, NativeEngine } from './addon.ts';
import { EventRecord } from './event-record.ts';
import { defaultShape, eventType, type RegionShape, regionBytes } from './ring-layout.ts';
import { WorkerPort } from './worker-port.ts';

/** `Handoff`: decide in-loop, and hand connections that live on to a relay thread. */
export type DriveMode = 'InLoop' | 'Threads' | 'Handoff';

export interface EngineSettings {
  readonly mode: DriveMode;
  /** Relay threads; ignored by InLoop. */
  readonly threads: number;
  readonly fdBudget: number;
  readonly splice: boolean;
  readonly receiveLowWater: boolean;
  readonly delayedAck: boolean;
  readonly coalesceFin: boolean;
  readonly optimisticSend: boolean;
  readonly shape?: RegionShape;
  readonly decideTimeoutMs?: number;
  readonly settleMs?: number;
}

/** Each is called with an event that is only valid during the call. */
export interface EngineHandlers {
  data(port: WorkerPort, event: EventRecord): void;
  connectFailed(port: WorkerPort, event: EventRecord): void;
  closed(port: WorkerPort, event: EventRecord): void;
  detached(port: WorkerPort, event: EventRecord): void;
  refused(port: WorkerPort, event: EventRecord): void;
  listenerClosed(port: WorkerPort, event: EventRecord): void;
  moved(port: WorkerPort, event: EventRecord): void;
  /** A handler threw: a defect of ours. The other events go on. */
  failed(error: unknown, port: WorkerPort, event: EventRecord): void;
  /** Runs `work`, one batch of events, once: around it the handler may measure. */
  batch(work: () => void): void;
}

export interface Engine {
  readonly ports: readonly WorkerPort[];
  /** Shared memory of each worker, for readers of counters in other isolates. */
  readonly regions: readonly SharedArrayBuffer[];
  /** Ports whose worker accepts: all threads, or the in-loop worker alone. */
  readonly acceptingPorts: readonly WorkerPort[];
  /** Resolves when every worker has obeyed the commands written before; rejects with EngineStoppedError. */
  fence(): Promise<void>;
  /** Publishes commands written outside a handler, soon. */
  flushSoon(): void;
  stop(): void;
}

/** The engine was stopped before it could do what was asked, or had been. */
class EngineStoppedError extends Error {
  readonly code = 'SLUICE_ENGINE_STOPPED';
  override readonly name = 'EngineStoppedError';

  constructor() {
    super('the engine was stopped before its workers had obeyed what was asked: nothing more will be done');
  }
}

const maxBatch = 512;
const flushEvery = 64;

/** Creates and starts the engine. Throws when the kernel refuses epoll or eventfd descriptors. */
export function createEngine(addon: Addon, settings: EngineSettings, handlers: EngineHandlers): Engine {
  return new RunningEngine(addon, settings, handlers);
}

interface Fence extends PromiseWithResolvers<void> {
  /** Workers that have not passed it. */
  waiting: number;
}

class RunningEngine implements Engine {
  readonly ports: readonly WorkerPort[];
  readonly regions: readonly SharedArrayBuffer[];
  readonly acceptingPorts: readonly WorkerPort[];
  readonly #handlers: EngineHandlers;
  readonly #event = new EventRecord();
  #native: NativeEngine | undefined;
  #isDraining = false;
  #isMoreWaiting = false;
  #isFlushScheduled = false;
  #isStopped = false;
  readonly #fences = new Map<number, Fence>();
  #lastFence = 0;

  constructor(addon: Addon, settings: EngineSettings, handlers: EngineHandlers) {
    const shape = settings.shape ?? defaultShape;
    const threads = settings.mode === 'InLoop' ? 0 : Math.max(1, settings.threads);
    const workers = settings.mode === 'Threads' ? threads : threads + 1;
    this.#handlers = handlers;
    this.regions = Array.from({ length: workers }, () => new SharedArrayBuffer(regionBytes(shape)));
    const kick = (worker: number): void => this.#native?.kick(worker);
    this.ports = this.regions.map((region, number) => new WorkerPort(number, region, shape, kick));
    this.acceptingPorts = settings.mode === 'Threads' ? this.ports : this.ports.slice(0, 1);
    const regions = this.regions.map((region) => new Uint8Array(region));
    const fdBudget = Math.floor(settings.fdBudget / workers);
    this.#native = new addon.NativeEngine({ ...settings, ...shape, regions, fdBudget }, this.#drain);
    this.#native.start();
  }

  async fence(): Promise<void> {
    if (this.#isStopped) throw new EngineStoppedError();
    this.#lastFence += 1;
    const tag = this.#lastFence;
    const fence: Fence = { ...Promise.withResolvers<void>(), waiting: this.ports.length };
    this.#fences.set(tag, fence);
    for (const port of this.ports) port.fence(tag);
    this.flushSoon();
    await fence.promise;
  }

  flushSoon(): void {
    if (this.#isDraining || this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(this.#flush);
  }

  stop(): void {
    const native = this.#native;
    this.#isStopped = true;
    this.#native = undefined;
    if (native === undefined) return;
    native.join();
    // The ends of what was still open are in the rings, and behind the rings what they had no room for.
    do {
      while (this.ports.some((port) => port.pendingEvents() > 0)) this.#drainPorts();
    } while (native.publishRest());
    native.stop();
    for (const fence of this.#fences.values()) fence.reject(new EngineStoppedError());
    this.#fences.clear();
  }

  /** Called by the addon when events wait. */
  readonly #drain = (): void => {
    if (this.#isStopped) return;
    this.#isDraining = true;
    this.#handlers.batch(this.#drainPorts);
    this.#isDraining = false;
    // Leave room for timers, resolved names and messages between large batches.
    if (this.#isMoreWaiting) setImmediate(this.#drain);
  };

  readonly #drainPorts = (): void => {
    this.#isMoreWaiting = false;
    for (const port of this.ports) {
      this.#isMoreWaiting = drainPort(port, this.#event, this.#dispatch) || this.#isMoreWaiting;
    }
    for (const port of this.ports) port.flush();
  };

  readonly #dispatch = (port: WorkerPort): void => {
    const event = this.#event;
    try {
      if (event.type === eventType.fenced) this.#passFence(event.tag);
      else dispatch(port, event, this.#handlers);
    } catch (error) {
      this.#handlers.failed(error, port, event);
    }
  };

  #passFence(tag: number): void {
    const fence = this.#fences.get(tag);
    if (fence === undefined) return;
    fence.waiting -= 1;
    if (fence.waiting > 0) return;
    this.#fences.delete(tag);
    // A resolved promise runs with the microtasks behind this batch.
    fence.resolve();
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    if (this.#isStopped) return;
    for (const port of this.ports) port.flush();
  };
}

/** Returns whether more events wait than one batch holds. */
function drainPort(port: WorkerPort, event: EventRecord, take: (port: WorkerPort) => void): boolean {
  const waiting = port.pendingEvents();
  const count = Math.min(waiting, maxBatch);
  for (let i = 1; i <= count; i++) {
    port.nextEvent(event);
    take(port);
    if (i % flushEvery === 0) {
      // Let the worker go on while we still decide.
      port.acknowledgeEvents();
      port.flush();
    }
  }
  port.acknowledgeEvents();
  return waiting > count;
}

function dispatch(port: WorkerPort, event: EventRecord, handlers: EngineHandlers): void {
  switch (event.type) {
    case eventType.data:
      handlers.data(port, event);
      return;
    case eventType.closed:
      handlers.closed(port, event);
      return;
    case eventType.connectFailed:
      handlers.connectFailed(port, event);
      return;
    case eventType.detached:
      handlers.detached(port, event);
      return;
    case eventType.refused:
      handlers.refused(port, event);
      return;
    case eventType.listenerClosed:
      handlers.listenerClosed(port, event);
      return;
    case eventType.moved:
      handlers.moved(port, event);
      return;
    default:
      throw new RangeError(`unknown event type ${event.type}`);
  }
}
