/**
 * Keeps the heap of an isolate near what is really in use while it takes in something large. V8 lets a heap grow to several
 * times that before it collects, and gives nothing back while the isolate is idle: a gigabyte of garbage after a million users.
 * A collection stops its isolate for some tenths of a second then, so this is for one that nothing urgent waits for.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface HeapReliefConfig {
  readonly lookEveryMs: number;
  /** How much the heap may grow beyond what was in use after the last collection. */
  readonly maxGrowthBytes: number;
  /** A look that finds so much more or less in use than the one before is part of something large. */
  readonly burstBytes: number;
  /** Looks without a burst after which what the bursts before have left behind is collected. */
  readonly quietLooks: number;
}

export const defaultHeapReliefConfig: HeapReliefConfig = {
  lookEveryMs: 250,
  maxGrowthBytes: 128 * 1024 * 1024,
  burstBytes: 8 * 1024 * 1024,
  quietLooks: 8,
};

export interface Heap {
  usedBytes(): number;
  collect(): void;
}

/** The heap of the isolate that calls. */
export function createOwnHeap(): Heap {
  setFlagsFromString('--expose-gc');
  // Only a context that is made after the flag was set has it.
  const collect = runInNewContext('gc') as () => void;
  return { usedBytes: () => getHeapStatistics().used_heap_size, collect };
}

export class HeapRelief {
  readonly #config: HeapReliefConfig;
  readonly #heap: Heap;
  #baseBytes: number;
  #lastBytes: number;
  /** Looks since the last burst; null: there was none since the last collection. */
  #quiet: number | null = null;
  #collections = 0;

  constructor(config: HeapReliefConfig, heap: Heap) {
    this.#config = config;
    this.#heap = heap;
    this.#baseBytes = heap.usedBytes();
    this.#lastBytes = this.#baseBytes;
  }

  get collections(): number {
    return this.#collections;
  }

  look(): void {
    const { maxGrowthBytes, burstBytes, quietLooks } = this.#config;
    const usedBytes = this.#heap.usedBytes();
    if (Math.abs(usedBytes - this.#lastBytes) >= burstBytes) this.#quiet = 0;
    else if (this.#quiet !== null) this.#quiet += 1;
    this.#lastBytes = usedBytes;
    // V8 may have collected by itself.
    this.#baseBytes = Math.min(this.#baseBytes, usedBytes);
    if (usedBytes - this.#baseBytes >= maxGrowthBytes) {
      this.#collect();
      // What is in use now may be let go of when it is over.
      this.#quiet = 0;
    } else if (this.#quiet !== null && this.#quiet >= quietLooks) {
      this.#collect();
      this.#quiet = null;
    }
  }

  #collect(): void {
    this.#heap.collect();
    this.#collections += 1;
    this.#baseBytes = this.#heap.usedBytes();
    this.#lastBytes = this.#baseBytes;
  }
}

/** Looks until it is closed; keeps no process alive. */
export function startHeapRelief(config: HeapReliefConfig, heap: Heap): { close(): void } {
  const relief = new HeapRelief(config, heap);
  const timer = setInterval(() => relief.look(), config.lookEveryMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
