/**
 * A proxy of the model: the real core, its driver, its disk, and what is in force. Checks at every apply that the proxy walks through
 * the history of the truth, forwards and in whole states only.
 */
import { createReplicaCore } from '../../src/replica/replica-core.ts';
import type { ReplicaCore } from '../../src/replica/replica-status.ts';
import type {
  ApplyEffect,
  PersistEffect,
  ReplicaEffect,
  ReplicaInput,
  RestoredRecord,
  TableHeader,
} from '../../src/replica/replica-step.ts';
import type { ResourceSpec } from '../../src/publisher/truth.ts';
import { type ActorDeps, ModelActor } from './model-actor.ts';
import { digestOf, type InForce, type ModelTruth } from './model-truth.ts';

export interface ProxyDeps extends ActorDeps {
  readonly truth: ModelTruth;
  readonly acknowledged: (epoch: number, revision: number) => void;
}

export class ModelProxy extends ModelActor {
  readonly #truth: ModelTruth;
  readonly #acknowledged: (epoch: number, revision: number) => void;
  #core: ReplicaCore | null = null;
  #inForce = new Map<string, InForce>();
  /** In the history of the truth. */
  #place = 0;
  #disk: { header: TableHeader; readonly records: Map<string, RestoredRecord> } | null = null;
  #savedAtMs = 0;

  constructor({ truth, acknowledged, ...deps }: ProxyDeps) {
    super(deps);
    this.#truth = truth;
    this.#acknowledged = acknowledged;
  }

  get digest(): string {
    return digestOf(this.#inForce);
  }

  /** What a person would want to know of a proxy that has not converged. */
  get summary(): string {
    const status = this.#core?.status();
    return `${this.name}: epoch ${status?.epoch} revision ${status?.revision}, doubt: ${status?.doubt}`;
  }

  protected override begin(run: number): void {
    const { random, without } = this.world;
    this.#core = createReplicaCore({
      ...{ range: 'users', proxy: this.name, instance: `run-${run}`, random: () => random.next() },
      ...(without === 'Fencing' || without === 'Snapshots' ? { without } : {}),
    });
    this.#inForce = new Map();
    this.#place = 0;
    this.#savedAtMs = 0;
    if (this.#disk !== null) this.#step({ kind: 'RestoredPart', records: [...this.#disk.records.values()] });
    this.#step({ kind: 'RestoreEnded', header: this.#disk?.header ?? null });
  }

  protected override connected(bucket: string): void {
    this.#step({ kind: 'Connected', bucket });
  }

  protected override disconnected(): void {
    this.#step({ kind: 'Disconnected', reason: 'cut off' });
  }

  protected override tick(): void {
    this.#step({ kind: 'Tick' });
  }

  #step(input: ReplicaInput): void {
    const { time, note } = this.world;
    if (input.kind !== 'Tick' && input.kind !== 'Watched') note(() => `${this.name} < ${JSON.stringify(input)}`);
    for (const effect of this.#core?.step(input, time.nowMs) ?? []) this.#carryOut(effect);
  }

  #carryOut(effect: ReplicaEffect): void {
    const { random, time, note } = this.world;
    switch (effect.kind) {
      case 'ReadHead':
        return this.later(random.between(0, 20), () => {
          const { watch } = effect;
          if (!this.isReachable()) return this.#step({ kind: 'ReadFailed', watch, reason: 'cut off' });
          return this.#step({ kind: 'HeadRead', watch, value: this.bucket.read('head.users')?.value ?? null });
        });
      case 'LoadBlob':
        return;
      case 'OpenWatch':
        // A digest finds whatever is missing, also without a word of the bus.
        return this.openWatch({ behindSequence: effect.behindSequence, isCounted: false }, (event) => {
          this.#step({ kind: 'Watched', watch: effect.watch, event });
        });
      case 'CloseWatch':
        return this.closeWatch();
      case 'Apply':
        return this.later(random.between(0, 40), () => this.#apply(effect));
      case 'Persist':
        // Writes are done one after the other, each some time after its apply.
        this.#savedAtMs = Math.max(this.#savedAtMs, time.nowMs + random.between(0, 2_000));
        return this.later(this.#savedAtMs - time.nowMs, () => this.#persist(effect));
      case 'Proceed':
        return this.later(0, () => this.#step({ kind: 'Proceed' }));
      case 'Acknowledge':
        if (this.isReachable()) {
          const { epoch, revision } = effect.ack.believed ?? effect.ack;
          time.after(random.between(0, 50), () => this.#acknowledged(epoch, revision));
        }
        return;
      case 'Report':
        return note(() => `${this.name} ${JSON.stringify(effect.event)}`);
    }
  }

  #apply({ source, isWhole, changes, revision }: ApplyEffect): void {
    const { random, trouble, note } = this.world;
    if (source === 'Live' && random.chance(trouble.lostWatch)) {
      return this.#step({ kind: 'ApplyFailed', reason: 'out of luck' });
    }
    const before = isWhole ? new Map<string, InForce>() : this.#inForce;
    const next = new Map(before);
    for (const { key, generation, specText } of changes) {
      if (specText === null) next.delete(key);
      else next.set(key, { generation, spec: JSON.parse(specText) as ResourceSpec });
    }
    note(() => `${this.name} has revision ${revision} in force: ${JSON.stringify([...next])}`);
    this.#check(next);
    this.#inForce = next;
    return this.#step({ kind: 'Applied', rejected: [] });
  }

  #check(next: ReadonlyMap<string, InForce>): void {
    const { violated } = this.world;
    for (const [key, { generation }] of next) {
      const had = this.#inForce.get(key)?.generation ?? 0;
      if (generation < had) violated(`${this.name} applied generation ${generation} of ${key} over ${had}`);
    }
    const digest = digestOf(next);
    const place = this.#truth.placeOf(digest, this.#place);
    if (place !== null) {
      this.#place = place;
      return;
    }
    if (this.#truth.placeOf(digest, 0) === null) violated(`${this.name} applied what the truth never was`);
    else violated(`${this.name} went back in the history of the truth: what was revoked is there again`);
  }

  #persist({ header, isWhole, changes }: PersistEffect): void {
    const records = new Map(isWhole ? [] : this.#disk?.records);
    for (const { key, epoch, generation, hash, specText } of changes) {
      if (specText === null) records.delete(key);
      else {
        const good = { generation, specText };
        records.set(key, { key, epoch, generation, hash: Uint8Array.from(hash), good, reason: null });
      }
    }
    this.#disk = { header, records };
  }
}
