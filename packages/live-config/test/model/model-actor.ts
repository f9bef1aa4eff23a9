/** A process of the model: it can be cut off, paused, and killed and started again. */
import type { ModelBucket, WatchAsked } from './model-bucket.ts';
import type { World } from './model-world.ts';

const tickMs = 500;
const maxStateDelayMs = 5_000;

export interface ActorDeps {
  readonly world: World;
  readonly bucket: ModelBucket;
  readonly name: string;
}

export abstract class ModelActor {
  readonly name: string;
  protected readonly world: World;
  protected readonly bucket: ModelBucket;
  #run = 0;
  #isRunning = false;
  #isReachable = true;
  #isPaused = false;
  #held: (() => void)[] = [];
  #closeWatch: (() => void) | null = null;

  constructor({ world, bucket, name }: ActorDeps) {
    this.world = world;
    this.bucket = bucket;
    this.name = name;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  start(): void {
    this.#run += 1;
    this.#isRunning = true;
    this.#isPaused = false;
    this.#held = [];
    this.begin(this.#run);
    this.later(1, () => this.#tick());
    this.later(2, () => this.#say());
  }

  kill(): void {
    this.#run += 1;
    this.#isRunning = false;
    this.closeWatch();
  }

  cutOff(): void {
    this.#isReachable = false;
    // A peer that does not answer is noticed late, a reset connection at once.
    this.later(this.world.random.between(0, 3_000), () => {
      if (this.#isReachable) return;
      this.closeWatch();
      this.disconnected();
    });
  }

  reconnect(): void {
    if (this.#isReachable) return;
    this.#isReachable = true;
    this.closeWatch();
    this.later(0, () => this.disconnected());
    this.later(this.world.random.between(0, 500), () => this.#say());
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    for (const run of held) run();
  }

  /** The bucket was made anew: noticed within five seconds. */
  bucketChanged(): void {
    this.later(this.world.random.between(0, maxStateDelayMs), () => this.#say());
  }

  protected abstract begin(run: number): void;
  protected abstract connected(bucket: string): void;
  protected abstract disconnected(): void;
  protected abstract tick(): void;

  protected isReachable = (): boolean => this.#isReachable;

  /** In this run of the process, when it is not paused. */
  protected later(delayMs: number, run: () => void): void {
    this.world.time.after(delayMs, this.held(run));
  }

  protected held(run: () => void): () => void {
    const ofRun = this.#run;
    const guarded = (): void => {
      if (ofRun !== this.#run || !this.#isRunning) return;
      if (this.#isPaused) this.#held.push(guarded);
      else run();
    };
    return guarded;
  }

  protected openWatch(asked: WatchAsked, deliver: Parameters<ModelBucket['watch']>[1]): void {
    this.closeWatch();
    const ofRun = this.#run;
    this.#closeWatch = this.bucket.watch(asked, (event) => {
      if (ofRun !== this.#run) return;
      if (this.#isReachable) this.held(() => deliver(event))();
    });
  }

  protected closeWatch(): void {
    this.#closeWatch?.();
    this.#closeWatch = null;
  }

  #say(): void {
    if (this.#isReachable) this.connected(this.bucket.id);
    else this.disconnected();
  }

  #tick(): void {
    this.tick();
    this.later(tickMs, () => this.#tick());
  }
}
