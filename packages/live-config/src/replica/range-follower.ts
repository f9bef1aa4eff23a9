/** The driver of one range: its core, its watch, its table on disk. */
import { type ConfigRange, parseResourceKey, rangeFilters, headKey } from '@sluice/contract/config-key.ts';
import { signAck, type UnsignedAck } from '../digest/ack-token.ts';
import { writeMessage } from '../digest/read-message.ts';
import { readSnapshotBlob } from '../digest/snapshot-blob.ts';
import type { Watch } from '../port/config-bus.ts';
import type { ResourceSpec } from '../publisher/truth.ts';
import type { ChangedEntry } from './change-set.ts';
import { LastGoodStore } from './last-good-store.ts';
import { createReplicaCore } from './replica-core.ts';
import type { ReplicaCore } from './replica-status.ts';
import type { ConfigChange, ReplicaConfig, ReplicaDeps, ReplicaRangeStatus } from './replica-port.ts';
import type { ApplyEffect, ReplicaEffect, ReplicaInput } from './replica-step.ts';

/** Rejections that a status spells out. */
const maxListedRejections = 1_000;
/** Inputs that wait while a large table is confirmed: a second or two. */
const maxHeldInputs = 10_000;

export class RangeFollower {
  readonly range: ConfigRange;
  readonly #config: ReplicaConfig;
  readonly #deps: ReplicaDeps;
  readonly #core: ReplicaCore;
  readonly #store: LastGoodStore | null;
  readonly #inputs: ReplicaInput[] = [];
  #isStepping = false;
  /** The core has more to do of a confirmation; inputs wait for that. */
  #isConfirming = false;
  #isClosed = false;
  #watch: Watch | null = null;
  #said: UnsignedAck | null = null;
  /** The watch whose snapshot is being loaded; another one ends it. */
  #loading = 0;
  #isApplying = false;
  readonly #firstApply = Promise.withResolvers<void>();

  constructor(range: ConfigRange, config: ReplicaConfig, deps: ReplicaDeps) {
    this.range = range;
    this.#config = config;
    this.#deps = deps;
    const { proxy, instance, stateDirectory: directory } = config;
    this.#core = createReplicaCore({ range, proxy, instance, random: deps.random });
    this.#store = directory === undefined ? null : this.#openStore(directory);
  }

  status(): ReplicaRangeStatus {
    const { rejected, counters, ...rest } = this.#core.status();
    const listed = [...rejected].slice(0, maxListedRejections);
    return {
      ...rest,
      counters: { ...counters, ...(this.#store?.counters ?? { tablesSaved: 0, tablesNotSaved: 0 }) },
      range: this.range,
      rejectedCount: rejected.size,
      rejected: listed.map(([key, { generation, reason }]) => ({ key, generation, reason })),
    };
  }

  dispatch(input: ReplicaInput): void {
    this.#inputs.push(input);
    // More is held back by nothing: the core then does the rest at once.
    if (this.#inputs.length > maxHeldInputs) this.#isConfirming = false;
    this.#run();
  }

  #run(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      while (!this.#isConfirming && !this.#isClosed) {
        const next = this.#inputs.shift();
        if (next === undefined) return;
        for (const effect of this.#core.step(next, this.#deps.nowMs())) this.#carryOut(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Other inputs wait, and this isolate takes what has come for others. */
  #proceedLater(): void {
    this.#isConfirming = true;
    setImmediate(() => {
      if (!this.#isConfirming) return;
      this.#isConfirming = false;
      this.#inputs.unshift({ kind: 'Proceed' });
      this.#run();
    });
  }

  /** Resolves when what was restored has been applied. */
  async restore(): Promise<void> {
    const header = await this.#store?.restore({
      part: (records) => this.dispatch({ kind: 'RestoredPart', records }),
      refused: (reason) => this.dispatch({ kind: 'RestoreRefused', reason }),
    });
    this.dispatch({ kind: 'RestoreEnded', header: header ?? null });
    if (this.#isApplying) await this.#firstApply.promise;
  }

  async close(): Promise<void> {
    // Else it would be waited for until it counts as silent.
    if (this.#said !== null && !this.#isClosed) this.#acknowledge({ ...this.#said, leaves: true });
    this.#isClosed = true;
    this.#watch?.close();
    this.#loading = 0;
    await this.#store?.close();
  }

  #openStore(directory: string): LastGoodStore {
    const { range } = this;
    return new LastGoodStore(
      { range, directory },
      {
        nowMs: this.#deps.nowMs,
        onLost: (reason) => this.dispatch({ kind: 'TableLost', reason }),
        onNotSaved: (reason) => this.#deps.onEvent({ kind: 'TableNotSaved', range, reason }),
      },
    );
  }

  #carryOut(effect: ReplicaEffect): void {
    switch (effect.kind) {
      case 'ReadHead':
        return void this.#readHead(effect.watch);
      case 'LoadBlob':
        return void this.#loadBlob(effect);
      case 'OpenWatch':
        return this.#openWatch(effect.watch, effect.behindSequence);
      case 'CloseWatch':
        this.#watch?.close();
        this.#watch = null;
        this.#loading = 0;
        return;
      case 'Apply':
        return void this.#apply(effect);
      case 'Persist':
        return this.#store?.save(effect);
      case 'Proceed':
        return this.#proceedLater();
      case 'Acknowledge':
        return this.#acknowledge(effect.ack);
      case 'Report':
        return this.#deps.onEvent(effect.event);
    }
  }

  async #readHead(watch: number): Promise<void> {
    try {
      const entry = await this.#deps.bus.read(headKey(this.range));
      this.dispatch({ kind: 'HeadRead', watch, value: entry?.value ?? null });
    } catch (error) {
      this.dispatch({ kind: 'ReadFailed', watch, reason: `reading the head: ${messageOf(error)}` });
    }
  }

  async #loadBlob({ watch, snapshot }: Extract<ReplicaEffect, { kind: 'LoadBlob' }>): Promise<void> {
    this.#loading = watch;
    const failed = (reason: string): void =>
      this.dispatch({ kind: 'ReadFailed', watch, reason: `reading snapshot ${snapshot.object}: ${reason}` });
    try {
      const blob = await this.#deps.bus.getBlob(snapshot.object);
      if (blob === null) return failed('it is not there');
      for await (const entries of readSnapshotBlob(blob, snapshot.sha256)) {
        if (this.#loading !== watch) return;
        this.dispatch({ kind: 'BlobEntries', watch, entries });
      }
      this.dispatch({ kind: 'BlobEnded', watch });
    } catch (error) {
      failed(messageOf(error));
    }
  }

  #openWatch(watch: number, behindSequence: number | null): void {
    this.#watch = this.#deps.bus.watch({
      filters: rangeFilters(this.range),
      ...(behindSequence === null ? {} : { behindSequence }),
      onEvent: (event) => this.dispatch({ kind: 'Watched', watch, event }),
    });
  }

  async #apply({ source, isWhole, epoch, revision, digest, changes }: ApplyEffect): Promise<void> {
    this.#isApplying = true;
    const { range } = this;
    // What came from the disk is there already: nobody asks for its texts again.
    const entries = (): Iterable<ChangedEntry> => (source === 'Disk' ? changes.drain() : changes);
    const rest = { changeCount: changes.size, changes: { [Symbol.iterator]: () => configChanges(entries(), isWhole) } };
    try {
      const { rejected } = await this.#deps.apply({ range, source, isWhole, epoch, revision, digest, ...rest });
      this.#isApplying = false;
      this.dispatch({ kind: 'Applied', rejected });
    } catch (error) {
      this.#isApplying = false;
      this.dispatch({ kind: 'ApplyFailed', reason: messageOf(error) });
    }
    this.#firstApply.resolve();
  }

  #acknowledge(ack: UnsignedAck): void {
    this.#said = ack;
    const signed = signAck(ack, this.#config.ackKey ?? null);
    this.#deps.bus.sendAck(this.#config.proxy, writeMessage(signed));
  }
}

/** Of a whole table, deletions say nothing. */
function* configChanges(changes: Iterable<ChangedEntry>, isWhole: boolean): Generator<ConfigChange> {
  for (const { key, generation, specText } of changes) {
    const named = parseResourceKey(key);
    if (named === null || (isWhole && specText === null)) continue;
    const spec = specText === null ? null : (JSON.parse(specText) as ResourceSpec);
    yield { key, kind: named.kind, name: named.name, generation, spec };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
