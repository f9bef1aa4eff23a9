/** How many puts wait for their answer, and with how many bytes; no more than a maximum of either. */
import type { NatsLimits } from './nats-config.ts';

export class PendingPuts {
  readonly #limits: NatsLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: NatsLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** True: there was room, and it is taken until `leave`. */
  enter(bytes: number): boolean {
    const { maxPendingPuts, maxPendingPutBytes } = this.#limits;
    if (this.#count >= maxPendingPuts || this.#bytes + bytes > maxPendingPutBytes) return false;
    this.#count += 1;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }
}
