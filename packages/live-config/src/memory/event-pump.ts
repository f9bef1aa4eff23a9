/**
 * Hands events over in order, never from within the call that caused them, and leaves the loop to others between batches:
 * a snapshot of a million entries must not stop a process that also serves.
 */
const batchSize = 1_024;

export class EventPump {
  #waiting: (() => void)[] = [];
  #isScheduled = false;
  #isClosed = false;

  push(deliver: () => void): void {
    if (this.#isClosed) return;
    this.#waiting.push(deliver);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#run());
  }

  /** Drops what waits. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [index, deliver] of waiting.entries()) {
      if (this.#isClosed) return;
      if (index === batchSize) {
        this.#waiting = waiting.slice(index).concat(this.#waiting);
        setImmediate(() => this.#run());
        return;
      }
      deliver();
    }
    if (this.#waiting.length > 0) setImmediate(() => this.#run());
    else this.#isScheduled = false;
  }
}
