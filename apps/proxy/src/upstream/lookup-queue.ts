/** Runs lookups, a bounded number at once and a bounded number waiting, first come first served. */

export class LookupQueue {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** The job's outcome, or undefined when the queue is full: then the job is never run. */
  run<Result>(job: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#running < this.#maxRunning) return this.#start(job);
    if (this.#waiting.length >= this.#maxWaiting) return undefined;
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#waiting.push(() => resolve(this.#start(job)));
    return promise;
  }

  async #start<Result>(job: () => Promise<Result>): Promise<Result> {
    this.#running++;
    try {
      return await job();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
