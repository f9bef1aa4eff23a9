/**
 * Publishes one range over a ConfigBus: carries out what the core decides, and tells it what came of it. Decides nothing itself.
 * Invariant: inputs are given to the core one after the other, also when carrying out an effect gives the next.
 */
import { rangeFilters } from '@sluice/contract/config-key.ts';
import { canonicalJson } from '../digest/canonical-json.ts';
import { makeEntry, writeEntry } from '../digest/read-message.ts';
import { type SnapshotLine, snapshotSha256, writeSnapshotBlob } from '../digest/snapshot-blob.ts';
import type { Watch } from '../port/config-bus.ts';
import { AckLedger } from './ack-ledger.ts';
import { createPublisherCore } from './publisher-core.ts';
import { DeposedError, PublisherClosedError } from './publisher-error.ts';
import type { Published, Publisher, PublisherConfig, PublisherDeps, PublisherEvent } from './publisher-port.ts';
import type { PublisherCore, PublisherEffect, PublisherInput } from './publisher-step.ts';
import type { TruthRecord } from './truth.ts';
import { TruthReader } from './truth-reader.ts';

const tickMs = 250;

export function createPublisher(config: PublisherConfig, deps: PublisherDeps): Publisher {
  const driver = new Driver(config, deps);
  return {
    publish: (records) => driver.publish(records),
    rebuild: () => driver.dispatch({ kind: 'Rebuild' }),
    status: () => ({ ...driver.core.status(), liveProxies: driver.acks.liveProxies(deps.nowMs()) }),
    rollout: (of) => driver.acks.rollout(of, deps.nowMs()),
    close: () => driver.close(),
  };
}

interface Waiting {
  readonly ticket: number;
  readonly published: PromiseWithResolvers<Published>;
}

class Driver {
  readonly core: PublisherCore;
  readonly acks: AckLedger;
  readonly #config: PublisherConfig;
  readonly #deps: PublisherDeps;
  readonly #truth: TruthReader;
  readonly #ticker: NodeJS.Timeout;
  readonly #inputs: PublisherInput[] = [];
  #isStepping = false;
  #isClosed = false;
  #watch: Watch | null = null;
  #lastTicket = 0;
  #waiting: Waiting[] = [];
  /** Not null once another publisher has the range, and this one does not claim it again. */
  #deposedBy: number | null = null;

  constructor(config: PublisherConfig, deps: PublisherDeps) {
    this.#config = config;
    this.#deps = deps;
    const { range, publisher, ackKey = null, snapshotAbove } = config;
    this.core = createPublisherCore({ range, publisher, ...(snapshotAbove === undefined ? {} : { snapshotAbove }) });
    this.acks = new AckLedger({ range, ackKey });
    this.#truth = new TruthReader(deps.truth, (input) => this.dispatch(input));
    this.#ticker = setInterval(() => this.dispatch({ kind: 'Tick' }), tickMs);
    deps.bus.onAck((ack) => {
      if (this.#isClosed) return;
      const verdict = this.acks.take(ack, deps.nowMs());
      if (verdict.kind === 'Taken') this.dispatch(verdict.seen);
      else if (verdict.kind === 'Refused') deps.onEvent({ kind: 'AckRefused', reason: verdict.reason });
    });
    deps.bus.onState((state) => this.dispatch(state));
  }

  async publish(records: readonly TruthRecord[]): Promise<Published> {
    if (this.#isClosed) throw new PublisherClosedError(this.#config.range);
    if (this.#deposedBy !== null) throw new DeposedError(this.#config.range, this.#deposedBy);
    this.#lastTicket += 1;
    const waiting = { ticket: this.#lastTicket, published: Promise.withResolvers<Published>() };
    this.#waiting.push(waiting);
    this.dispatch({ kind: 'Changed', ticket: waiting.ticket, records });
    return waiting.published.promise;
  }

  dispatch(input: PublisherInput): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const effect of this.core.step(next, this.#deps.nowMs())) this.#carryOut(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    this.#watch?.close();
    this.#truth.end();
    this.#rejectWaiting(() => new PublisherClosedError(this.#config.range));
    return Promise.resolve();
  }

  // oxlint-disable-next-line complexity -- one line for each kind of effect
  #carryOut(effect: PublisherEffect): void {
    switch (effect.kind) {
      case 'OpenWatch':
        return this.#openWatch(effect.watch);
      case 'CloseWatch':
        this.#watch?.close();
        this.#watch = null;
        // Nothing is compared without it; an owner's listing holds what one instant costs.
        return this.#truth.end();
      case 'ClaimEpoch':
        return void this.#claim(effect.above);
      case 'Put':
        return void this.#put(effect);
      case 'Read':
        return void this.#read(effect.put, effect.key);
      case 'ListTruth':
        return this.#truth.begin(effect.listing, effect.keys);
      case 'NextPart':
        return this.#truth.next(effect.listing);
      case 'StoreSnapshot':
        return void this.#storeSnapshot(effect);
      case 'PruneSnapshots':
        return void this.#prune(effect.keep);
      case 'Covered':
        return this.#covered(effect.ticket, { epoch: effect.epoch, revision: effect.revision });
      case 'Report':
        return this.#report(effect.event);
    }
  }

  #openWatch(watch: number): void {
    const filters = rangeFilters(this.#config.range);
    this.#watch = this.#deps.bus.watch({
      filters,
      onEvent: (event) => this.dispatch({ kind: 'Watched', watch, event }),
    });
  }

  async #claim(above: number): Promise<void> {
    try {
      const epoch = await this.#deps.epochs.claim(above);
      this.dispatch({ kind: 'EpochClaimed', epoch });
    } catch (error) {
      this.dispatch({ kind: 'ClaimFailed', reason: messageOf(error) });
    }
  }

  async #put({ put, key, value, expectedSequence }: Extract<PublisherEffect, { kind: 'Put' }>): Promise<void> {
    const outcome = await this.#deps.bus.put(key, value, expectedSequence);
    this.dispatch({ kind: 'PutDone', put, outcome });
  }

  async #read(put: number, key: string): Promise<void> {
    try {
      const entry = await this.#deps.bus.read(key);
      this.dispatch({ kind: 'ReadDone', put, entry });
    } catch {
      this.dispatch({ kind: 'ReadFailed', put });
    }
  }

  async #storeSnapshot(of: Extract<PublisherEffect, { kind: 'StoreSnapshot' }>): Promise<void> {
    const { object, sequence, epoch } = of;
    try {
      const blob = await writeSnapshotBlob(linesOf(this.#deps.truth.list(), epoch));
      if (this.#isClosed) return;
      await this.#deps.bus.putBlob(object, blob);
      const snapshot = { object, sequence, sha256: snapshotSha256(blob), bytes: blob.byteLength };
      this.dispatch({ kind: 'SnapshotStored', snapshot });
    } catch (error) {
      this.dispatch({ kind: 'SnapshotFailed', reason: messageOf(error) });
    }
  }

  async #prune(keep: readonly string[]): Promise<void> {
    try {
      await this.#deps.bus.pruneBlobs(`${this.#config.range}.`, keep);
    } catch (error) {
      // The next one prunes these too.
      this.#deps.onEvent({ kind: 'Failed', what: 'pruning snapshots', reason: messageOf(error) });
    }
  }

  #covered(ticket: number, published: Published): void {
    const covered = this.#waiting.filter((waiting) => waiting.ticket <= ticket);
    this.#waiting = this.#waiting.filter((waiting) => waiting.ticket > ticket);
    for (const waiting of covered) waiting.published.resolve(published);
  }

  #report(event: PublisherEvent): void {
    this.#deps.onEvent(event);
    if (event.kind !== 'Deposed') return;
    if (this.#config.whenDeposed === 'ClaimAgain') return this.dispatch({ kind: 'ClaimAgain' });
    this.#deposedBy = event.epoch;
    this.#rejectWaiting(() => new DeposedError(this.#config.range, event.epoch));
  }

  #rejectWaiting(reason: () => Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { published } of waiting) published.reject(reason());
  }
}

async function* linesOf(
  parts: AsyncIterable<readonly TruthRecord[]>,
  epoch: number,
): AsyncGenerator<readonly SnapshotLine[]> {
  for await (const records of parts) {
    yield records.flatMap(({ key, generation, spec }) => {
      if (spec === null) return [];
      const entry = makeEntry(key, { epoch, generation, specText: canonicalJson(spec) });
      return [{ key, value: writeEntry(entry) }];
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
