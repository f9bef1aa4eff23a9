/**
 * Keeps a proxy's live configuration: opens the bus, runs the replica, hands what it gives to the process, and starts over
 * when the control settings change. Decides nothing about revisions; that is the replica's.
 */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type {
  ApplyRequest,
  ApplyResult,
  Replica,
  ReplicaConfig,
  ReplicaDeps,
  ReplicaEvent,
} from '@sluice/live-config/replica/replica-port.ts';
import { createOwnHeap, defaultHeapReliefConfig, startHeapRelief } from '@sluice/runtime/heap-relief.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { ControlConfig } from '../../config/effective-config.ts';
import { SerialQueue } from '../../process/serial-queue.ts';
import type { AppliedCounts, ControlStatus } from './control-status.ts';
import type { OpenBus } from './open-bus.ts';
import { proxyIdOf } from './proxy-id.ts';

export interface LiveControlDeps {
  readonly openBus: OpenBus;
  readonly createReplica: (config: ReplicaConfig, deps: ReplicaDeps) => Replica;
  /** Puts a revision in force. */
  readonly apply: (request: Pick<ApplyRequest, 'range' | 'isWhole' | 'changes'>) => Promise<ApplyResult>;
  readonly logger: Logger;
  readonly hostName: string;
  readonly instance: string;
  /** Unix time. */
  readonly nowMs: () => number;
  readonly random: () => number;
}

interface Running {
  readonly control: ControlConfig;
  readonly proxy: string;
  readonly bus: ConfigBus;
  readonly replica: Replica;
  readonly relief: ReturnType<typeof startHeapRelief>;
}

/** The key of acknowledgements could not be read. */
export class AckKeyError extends Error {
  readonly code = 'SLUICE_ACK_KEY';
  override readonly name = 'AckKeyError';

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot read control.ackKeyFile ${path}: ${reason} `, {
      cause,
    });
  }
}

const leastAckKeyBytes = 16;

/** The key that a control names; undefined: none. Rejects with AckKeyError. */
export async function readAckKey({ ackKeyFile }: Pick<ControlConfig, 'ackKeyFile'>): Promise<Uint8Array | undefined> {
  if (ackKeyFile === null) return undefined;
  try {
    const text = (await readFile(ackKeyFile, 'utf8')).trim();
    if (text.length < leastAckKeyBytes) throw new RangeError(`it has less than ${leastAckKeyBytes} characters`);
    return Buffer.from(text);
  } catch (error) {
    throw new AckKeyError(ackKeyFile, error);
  }
}

export class LiveControl {
  readonly #deps: LiveControlDeps;
  readonly #turns = new SerialQueue();
  readonly #applied: AppliedCounts = { users: { count: 0, seconds: 0 }, routing: { count: 0, seconds: 0 } };
  readonly #complete = Promise.withResolvers<undefined>();
  #isComplete = false;
  #running: Running | null = null;

  constructor(deps: LiveControlDeps) {
    this.#deps = deps;
  }

  /** Resolves when every range has been in force, from the disk or live. */
  get complete(): Promise<undefined> {
    return this.#complete.promise;
  }

  get status(): ControlStatus | null {
    const running = this.#running;
    if (running === null) return null;
    const nowMs = this.#deps.nowMs();
    const ranges = running.replica.status().map(({ confirmedAtMs, ...status }) => ({
      ...status,
      ageSeconds: confirmedAtMs === 0 ? null : Math.max(0, Math.round(nowMs - confirmedAtMs) / 1000),
      applied: { ...this.#applied[status.range] },
    }));
    return {
      proxy: running.proxy,
      instance: this.#deps.instance,
      isComplete: this.#isComplete,
      isConnected: ranges.some(({ isConnected }) => isConnected),
      stateDirectory: running.control.stateDirectory,
      ranges,
    };
  }

  /** Takes settings: starts, starts over, or (null) ends and takes back what was live. Resolves when the disk has been read. */
  async configure(control: ControlConfig | null): Promise<void> {
    await this.#turns.run(async () => {
      const before = this.#running;
      if (isDeepStrictEqual(before?.control ?? null, control)) return;
      const ackKey = control === null ? undefined : await readAckKey(control);
      await this.#stop();
      await this.#takeBack(before?.control.ranges ?? [], control?.ranges ?? []);
      if (control !== null) await this.#start(control, ackKey);
    });
  }

  /** Offers rejected resources again: what they clashed with may be another. */
  recheck(range: ConfigRange): void {
    if (this.#running?.control.ranges.includes(range) === true) this.#running.replica.recheck(range);
  }

  async close(): Promise<void> {
    await this.#turns.run(() => this.#stop());
  }

  async #start(control: ControlConfig, ackKey: Uint8Array | undefined): Promise<void> {
    const { openBus, createReplica, instance, hostName, nowMs, random } = this.#deps;
    const proxy = control.name ?? proxyIdOf(hostName);
    const bus = openBus(control, proxy);
    const config: ReplicaConfig = {
      proxy,
      instance,
      ranges: control.ranges,
      ...(ackKey === undefined ? {} : { ackKey }),
      ...(control.stateDirectory === null ? {} : { stateDirectory: control.stateDirectory }),
    };
    // A million users pass through this isolate, and the decision isolate keeps them.
    const relief = startHeapRelief(defaultHeapReliefConfig, createOwnHeap());
    const replica = createReplica(config, {
      bus,
      nowMs,
      random,
      apply: (request) => this.#apply(request),
      onEvent: (event) => this.#log(event),
    });
    this.#running = { control, proxy, bus, replica, relief };
    await replica.restored;
    this.#lookIfComplete();
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.replica.close();
    await running?.bus.close();
    running?.relief.close();
  }

  async #takeBack(before: readonly ConfigRange[], after: readonly ConfigRange[]): Promise<void> {
    for (const range of before)
      if (!after.includes(range)) await this.#deps.apply({ range, isWhole: true, changes: [] });
  }

  async #apply(request: ApplyRequest): Promise<ApplyResult> {
    const startedMs = performance.now();
    const result = await this.#deps.apply(request);
    const counts = this.#applied[request.range];
    counts.count += 1;
    counts.seconds += (performance.now() - startedMs) / 1000;
    // The replica learns of it in a later turn.
    setImmediate(() => this.#lookIfComplete());
    return result;
  }

  #lookIfComplete(): void {
    if (this.#isComplete || this.#running === null) return;
    if (this.#running.replica.status().some(({ source }) => source === 'None')) return;
    this.#isComplete = true;
    this.#complete.resolve(undefined);
  }

  #log(event: ReplicaEvent): void {
    const { logger } = this.#deps;
    const { kind, ...fields } = event;
    switch (kind) {
      case 'Applied':
        this.#lookIfComplete();
        return logger.info('live configuration applied', fields);
      case 'Rejected':
        return logger.warn('live resource rejected', fields);
      case 'Doubted':
        return logger.info('live configuration doubted', fields);
      case 'TableRefused':
        return logger.error('last good configuration refused', fields);
      case 'TableNotSaved':
        return logger.error('last good configuration not saved', fields);
      case 'ApplyFailed':
        return logger.error('live configuration not applied', fields);
    }
  }
}
