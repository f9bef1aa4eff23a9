/**
 * One run of the model: forty virtual seconds of changes and faults that a seed decides, then peace, then thirty seconds in which
 * every proxy must come to the truth.
 */
import type { TruthRecord } from '../../src/publisher/truth.ts';
import { type BucketCopy, ModelBucket } from './model-bucket.ts';
import { ModelProxy } from './model-proxy.ts';
import { ModelPublisher } from './model-publisher.ts';
import { ModelTruth } from './model-truth.ts';
import type { Weakening, World } from './model-world.ts';
import { SeededRandom } from './seeded-random.ts';
import { VirtualTime } from './virtual-time.ts';

const turmoilMs = 40_000;
const convergenceMs = 30_000;
const supervisionMs = 1_000;
const names = ['ann', 'bob', 'cleo', 'dan', 'eve'];

export interface RunOptions {
  readonly without?: Weakening;
  /** Keeps the history; costs time. */
  readonly isNoted?: boolean;
}

export interface RunOutcome {
  /** null: all properties held. */
  readonly violation: string | null;
  readonly history: readonly string[];
  readonly changes: number;
}

export function runInterleaving(seed: number, options: RunOptions = {}): RunOutcome {
  return new Interleaving(seed, options).run();
}

class Interleaving {
  readonly #time = new VirtualTime();
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #bucket: ModelBucket;
  readonly #truth = new ModelTruth();
  readonly #publishers: readonly ModelPublisher[];
  readonly #proxies: readonly ModelProxy[];
  readonly #history: string[] = [];
  readonly #isEpochDurable: boolean;
  #violation: string | null = null;
  #lastEpoch = 0;
  #changes = 0;
  #copies: BucketCopy[] = [];
  #isPeace = false;

  constructor(seed: number, { without, isNoted = false }: RunOptions) {
    this.#random = new SeededRandom(seed);
    this.#isEpochDurable = this.#random.chance(0.5);
    this.#world = {
      time: this.#time,
      random: this.#random,
      without: without ?? null,
      trouble: { silentLoss: 0, lostWatch: 0, duplication: 0, unknownPut: 0 },
      note: (line) => {
        if (isNoted) this.#history.push(`${((this.#time.nowMs - 1_000_000) / 1000).toFixed(3)} ${line()}`);
      },
      violated: (what) => {
        this.#world.note(() => `VIOLATED: ${what}`);
        this.#violation ??= what;
      },
    };
    const [world, bucket, truth] = [this.#world, new ModelBucket(this.#world), this.#truth];
    this.#bucket = bucket;
    const claim = (above: number): number => this.#claim(above);
    this.#publishers = ['P1', 'P2'].map((name) => new ModelPublisher({ world, bucket, name, truth, claim }));
    const acknowledged = (epoch: number, revision: number): void => {
      for (const publisher of this.#publishers) if (this.#random.chance(0.8)) publisher.acknowledged(epoch, revision);
    };
    this.#proxies = ['a', 'b', 'c'].map((name) => new ModelProxy({ world, bucket, name, truth, acknowledged }));
  }

  run(): RunOutcome {
    for (const name of names.slice(0, 3)) this.#change(name);
    for (const actor of [...this.#publishers.slice(0, 1), ...this.#proxies]) actor.start();
    this.#supervise();
    for (let left = 10 + this.#random.below(25); left > 0; left -= 1) {
      this.#time.after(this.#random.between(0, turmoilMs), () => this.#disturb());
    }
    this.#passUnlessViolated(turmoilMs);
    this.#makePeace();
    this.#passUnlessViolated(convergenceMs);
    for (const proxy of this.#proxies) {
      if (proxy.digest !== this.#truth.digest) this.#world.violated(`not converged after 30 s: ${proxy.summary}`);
    }
    return { violation: this.#violation, history: this.#history, changes: this.#changes };
  }

  #passUnlessViolated(ms: number): void {
    for (let left = ms; left > 0 && this.#violation === null; left -= 1_000) this.#time.pass(1_000);
  }

  #claim(above: number): number {
    // A counter in a database is never lost; one more than the head says is as good as the head.
    this.#lastEpoch = (this.#isEpochDurable ? Math.max(this.#lastEpoch, above) : above) + 1;
    return this.#lastEpoch;
  }

  #change(name: string): void {
    const key = `users.${name}`;
    const isRevoked = this.#truth.record(key) !== null && this.#random.chance(0.4);
    const spec = isRevoked ? null : { secret: this.#random.below(1_000), of: name };
    const record: TruthRecord = this.#truth.change(key, spec);
    this.#changes += 1;
    this.#world.note(() => `truth: ${JSON.stringify(record)}`);
    for (const publisher of this.#publishers) if (publisher.isRunning) publisher.changed(record);
  }

  /** Somebody always comes to publish, sooner or later. */
  #supervise(): void {
    const isManned = this.#publishers.some(({ phase }) => phase !== 'Dead' && phase !== 'Deposed');
    if (!isManned) {
      const publisher = this.#random.pick(this.#publishers);
      if (publisher.phase === 'Dead') publisher.start();
      else publisher.claimAgain();
    }
    this.#time.after(supervisionMs, () => this.#supervise());
  }

  #disturb(): void {
    if (this.#isPeace) return;
    const pick = this.#random.below(100);
    this.#world.note(() => `disturbance ${pick}`);
    if (pick < 45) return this.#burst();
    if (pick < 70) return this.#disturbActor(pick);
    if (pick < 84) return this.#disturbBucket(pick);
    return this.#disturbMessages(pick);
  }

  #disturbActor(pick: number): void {
    if (pick < 52) return this.#forAWhile(this.#anyActor(), 'cutOff', 'reconnect');
    if (pick < 58) return this.#forAWhile(this.#random.pick(this.#publishers), 'pause', 'resume');
    if (pick < 62) return this.#restart(this.#random.pick(this.#proxies));
    if (pick < 66) return this.#restart(this.#random.pick(this.#publishers));
    const dead = this.#publishers.filter(({ phase }) => phase === 'Dead');
    return this.#random.pick(dead.length > 0 ? dead : this.#publishers).start();
  }

  #disturbBucket(pick: number): void {
    if (pick < 73) return this.#bucket.wipe();
    if (pick < 76) return this.#renewBucket(() => this.#bucket.recreate());
    if (pick < 80) return void this.#copies.push(this.#bucket.copy());
    return this.#restore();
  }

  #disturbMessages(pick: number): void {
    const { trouble } = this.#world;
    if (pick < 88) return this.#rise(trouble, 'silentLoss', 0.3);
    if (pick < 92) return this.#rise(trouble, 'lostWatch', 0.1);
    if (pick < 95) return this.#rise(trouble, 'duplication', 0.5);
    return this.#rise(trouble, 'unknownPut', 0.6);
  }

  #burst(): void {
    for (let left = 1 + this.#random.below(4); left > 0; left -= 1) {
      const name = this.#random.pick(names);
      this.#time.after(this.#random.between(0, 60), () => {
        if (!this.#isPeace) this.#change(name);
      });
    }
  }

  #anyActor(): ModelPublisher | ModelProxy {
    return this.#random.pick<ModelPublisher | ModelProxy>([...this.#publishers, ...this.#proxies]);
  }

  #forAWhile<Method extends string>(actor: Record<Method, () => void>, begin: Method, end: Method): void {
    actor[begin]();
    this.#time.after(this.#random.between(0, 20_000), () => actor[end]());
  }

  #restart(actor: ModelPublisher | ModelProxy): void {
    actor.kill();
    this.#time.after(this.#random.between(0, 5_000), () => actor.start());
  }

  #restore(): void {
    const copy = this.#copies[this.#random.below(this.#copies.length)];
    if (copy !== undefined) this.#renewBucket(() => this.#bucket.restore(copy, this.#random.chance(0.5)));
  }

  #renewBucket(renew: () => void): void {
    const before = this.#bucket.id;
    renew();
    if (this.#bucket.id === before) return;
    for (const actor of [...this.#publishers, ...this.#proxies]) if (actor.isRunning) actor.bucketChanged();
  }

  #rise(trouble: World['trouble'], what: keyof World['trouble'], to: number): void {
    trouble[what] = to;
    this.#time.after(this.#random.between(500, 8_000), () => {
      trouble[what] = 0;
    });
  }

  #makePeace(): void {
    this.#isPeace = true;
    this.#world.note(() => 'peace');
    Object.assign(this.#world.trouble, { silentLoss: 0, lostWatch: 0, duplication: 0, unknownPut: 0 });
    for (const actor of [...this.#publishers, ...this.#proxies]) {
      actor.reconnect();
      actor.resume();
    }
    for (const proxy of this.#proxies) if (!proxy.isRunning) proxy.start();
  }
}
