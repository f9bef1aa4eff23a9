/**
 * Runs asynchronous jobs, a few at once, in the order they came, with a bounded line of waiting ones: what keeps a flood of wrong
 * passwords from taking every thread of the pool and all memory. Knows nothing of passwords.
 */

export interface CheckQueueConfig {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

export interface QueuedCheck<Result> {
  /** Settles as the job does; stays pending for ever when the job was withdrawn. */
  readonly result: Promise<Result>;
  /** Takes the job out of the line; false when it runs already or has run. */
  withdraw(): boolean;
}

interface Job {
  readonly start: () => Promise<void>;
}

export class CheckQueue<Result> {
  readonly #config: CheckQueueConfig;
  readonly #waiting = new Set<Job>();
  #running = 0;

  constructor(config: CheckQueueConfig) {
    this.#config = config;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running;
  }

  /** Undefined: the line is full and the job was not taken. */
  submit(run: () => Promise<Result>): QueuedCheck<Result> | undefined {
    if (this.#running >= this.#config.maxRunning && this.#waiting.size >= this.#config.maxWaiting) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const job: Job = { start: () => this.#startJob(run).then(resolve, reject) };
    this.#waiting.add(job);
    this.#startWaiting();
    return { result: promise, withdraw: () => this.#waiting.delete(job) };
  }

  #startWaiting(): void {
    for (const job of this.#waiting) {
      if (this.#running >= this.#config.maxRunning) return;
      this.#waiting.delete(job);
      void job.start();
    }
  }

  /** The place is free again before the result is seen. */
  async #startJob(run: () => Promise<Result>): Promise<Result> {
    this.#running++;
    try {
      return await run();
    } finally {
      this.#running--;
      this.#startWaiting();
    }
  }
}
