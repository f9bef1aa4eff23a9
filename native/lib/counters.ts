/**
 * Reads the counters that workers publish in shared memory. Works in any isolate that has the SharedArrayBuffer; never
 * writes. Names and order are those of native/src/ring/counters.h.
 */
import { layout } from './ring-layout.ts';

export const counterNames = [
  'accepted',
  'active',
  'events',
  'jsWakes',
  'commands',
  'kicks',
  'waits',
  'ready',
  'bytesUp',
  'bytesDown',
  'staleCommands',
  'splices',
  'copies',
  'pipesOpen',
  'toSplice',
  'toCopy',
  'spliceFallbacks',
  'acceptPauses',
  'connectionLimit',
  'listenerLimit',
  'slotLimit',
  'pipeLimit',
  'fdLimit',
  'eventOverflow',
  'decideTimeouts',
  'slotsInUse',
  'fdsInUse',
  'fdBudget',
  'pipeBytesGranted',
  'deciding',
  'optimisticSends',
  'handedOver',
  'listenersCutShort',
] as const;

export type CounterName = (typeof counterNames)[number];

export type Counters = Record<CounterName, number>;

export interface ListenerCounters {
  readonly accepted: number;
  readonly active: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly shed: number;
}

/** Sums of all workers. */
export function readCounters(regions: readonly SharedArrayBuffer[]): Counters {
  const sums = Object.fromEntries(counterNames.map((name) => [name, 0])) as Counters;
  for (const region of regions) {
    const cells = new Float64Array(region, layout.countersOffset, counterNames.length);
    counterNames.forEach((name, index) => {
      sums[name] += cells[index] ?? 0;
    });
  }
  return sums;
}

/** Sums of all workers for one listener id (0 to 255). */
export function readListenerCounters(regions: readonly SharedArrayBuffer[], listener: number): ListenerCounters {
  const sums = [0, 0, 0, 0, 0];
  for (const region of regions) {
    const offset = layout.listenerCountersOffset + listener * layout.listenerCountersBytes;
    const cells = new Float64Array(region, offset, sums.length);
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (cells[i] ?? 0);
  }
  const [accepted = 0, active = 0, bytesUp = 0, bytesDown = 0, shed = 0] = sums;
  return { accepted, active, bytesUp, bytesDown, shed };
}
