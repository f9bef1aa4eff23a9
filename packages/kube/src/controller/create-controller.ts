/**
 * Workers over one queue. A reconcile that throws, hangs until its deadline or has a defect costs its own key a retry, and
 * nothing else.
 */
import type { Clock } from '../port/clock.ts';
import { type Controller, type Reconcile, type ReconcileResult, TerminalError } from '../port/controller.ts';
import { createWorkQueue, type OwnedWorkQueue } from '../queue/create-work-queue.ts';
import type { WorkQueueLimits } from '../queue/work-queue-core.ts';
import type { WorkQueueMetrics } from '../queue/work-queue-metrics.ts';
import type { ControllerMetrics, ReconcileMetrics, ReconcileOutcome } from './controller-metrics.ts';

export interface ReconcileFailure {
  readonly key: string;
  readonly error: unknown;
  /** Not repeated. */
  readonly isTerminal: boolean;
  /** A defect of the program, by the kind of its error. */
  readonly isPanic: boolean;
  /** In a row, this one included. */
  readonly failures: number;
}

export interface ControllerConfig {
  /** As metrics name it. */
  readonly name: string;
  /** Keys at work at a time; 4 unless given. */
  readonly maxConcurrent?: number;
  /** For one key; 60 s unless given. */
  readonly reconcileTimeoutMs?: number;
  readonly queue?: Partial<WorkQueueLimits>;
}

export interface ControllerDeps {
  readonly clock: Clock;
  readonly queueMetrics: WorkQueueMetrics;
  readonly metrics: ControllerMetrics;
  readonly reconcile: Reconcile;
  readonly onFailure: (failure: ReconcileFailure) => void;
  /** Every key there is: asked for after the queue was full, when it is empty again. */
  readonly allKeys?: () => Iterable<string>;
}

const usualConcurrency = 4;
const usualTimeoutMs = 60_000;
/** What a reconcile gets to end after its signal has, when the controller stops. */
const abortGraceMs = 2_000;

export function createController(config: ControllerConfig, deps: ControllerDeps): Controller {
  return new QueueController(config, deps);
}

class QueueController implements Controller {
  readonly #deps: ControllerDeps;
  readonly #metrics: ReconcileMetrics;
  readonly #queue: OwnedWorkQueue;
  readonly #maxConcurrent: number;
  readonly #timeoutMs: number;
  readonly #aborting = new AbortController();
  #workers: Promise<unknown> = Promise.resolve();
  #active = 0;
  #hasDropped = false;
  #isStopping = false;

  constructor(config: ControllerConfig, deps: ControllerDeps) {
    const { name, maxConcurrent = usualConcurrency, reconcileTimeoutMs = usualTimeoutMs, queue = {} } = config;
    this.#deps = deps;
    this.#maxConcurrent = maxConcurrent;
    this.#timeoutMs = reconcileTimeoutMs;
    this.#metrics = deps.metrics.of(name, maxConcurrent);
    this.#queue = createWorkQueue(queue, { clock: deps.clock, metrics: deps.queueMetrics.of(name) });
  }

  enqueue(key: string): void {
    this.#noteDrop(this.#queue.add(key));
  }

  enqueueAfter(key: string, delayMs: number): void {
    this.#noteDrop(this.#queue.addAfter(key, delayMs));
  }

  start(): void {
    const workers = Array.from({ length: this.#maxConcurrent }, async () => await this.#work());
    this.#workers = Promise.all(workers);
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#queue.close();
    let cancelGrace = (): void => {};
    const graceEnded = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#queue.abandon();
      this.#aborting.abort(new Error('the controller stops'));
      cancelGrace = this.#deps.clock.after(abortGraceMs, graceEnded.resolve);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await Promise.race([this.#workers, graceEnded.promise]);
    signal.removeEventListener('abort', onAbort);
    cancelGrace();
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== null; key = await this.#queue.take()) {
      this.#active += 1;
      this.#metrics.active(this.#active);
      await this.#reconcile(key);
      this.#active -= 1;
      this.#metrics.active(this.#active);
      this.#queue.done(key);
      this.#recover();
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, reconcile } = this.#deps;
    const deadline = new AbortController();
    const onStop = (): void => deadline.abort(this.#aborting.signal.reason);
    this.#aborting.signal.addEventListener('abort', onStop, { once: true });
    if (this.#aborting.signal.aborted) onStop();
    const cancel = clock.after(this.#timeoutMs, () => {
      this.#metrics.timedOut();
      deadline.abort(new Error(`the reconciliation of ${key} took longer than ${this.#timeoutMs} ms`));
    });
    const beganMs = clock.nowMs();
    let outcome: ReconcileOutcome;
    try {
      outcome = this.#settle(key, await reconcile(key, deadline.signal));
    } catch (error) {
      outcome = 'error';
      this.#fail(key, error);
    } finally {
      cancel();
      this.#aborting.signal.removeEventListener('abort', onStop);
    }
    this.#metrics.reconciled(outcome, clock.nowMs() - beganMs);
  }

  #settle(key: string, result: ReconcileResult): ReconcileOutcome {
    switch (result.kind) {
      case 'Done':
        this.#queue.forget(key);
        return 'success';
      case 'Requeue':
        this.#queue.addRateLimited(key);
        return 'requeue';
      case 'RequeueAfter':
        this.#queue.forget(key);
        this.#queue.addAfter(key, result.delayMs);
        return 'requeue_after';
    }
  }

  #fail(key: string, error: unknown): void {
    const isTerminal = error instanceof TerminalError;
    const isPanic = isDefect(error);
    this.#metrics.failed({ isTerminal, isPanic });
    if (isTerminal) this.#queue.forget(key);
    else this.#noteDrop(this.#queue.addRateLimited(key));
    this.#deps.onFailure({ key, error, isTerminal, isPanic, failures: this.#queue.failures(key) });
  }

  #noteDrop(isTaken: boolean): void {
    if (!isTaken && !this.#isStopping) this.#hasDropped = true;
  }

  /** A key that was dropped is not known any more: all are looked at again. */
  #recover(): void {
    if (!this.#hasDropped || this.#queue.depth > 0) return;
    this.#hasDropped = false;
    for (const key of this.#deps.allKeys?.() ?? []) this.enqueue(key);
  }
}

function isDefect(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
