/** Reads what a bucket holds of a range, by a watch that is closed when its snapshot has ended: for owners that keep no generations. */
import { type ConfigRange, rangeFilters } from '@sluice/contract/config-key.ts';
import { type ReadEntry, readEntry } from '../digest/read-message.ts';
import { BusError, type ConfigBus } from '../port/config-bus.ts';

/** What the bucket holds under a key, deleted or not. */
export type HeldEntry = Pick<ReadEntry, 'generation' | 'specText'>;

/** Resolves when the bus is connected; rejects with the signal's reason. */
export async function untilConnected(bus: ConfigBus, signal: AbortSignal): Promise<void> {
  const connected = Promise.withResolvers<undefined>();
  let last = 'no answer';
  bus.onState((state) => {
    if (state.kind === 'Connected') connected.resolve(undefined);
    else last = state.reason;
  });
  const onAbort = (): void => connected.reject(new BusError(`connect to NATS: ${last}`));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await connected.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Rejects with BusError when the watch is lost or the signal ends it. */
export async function readHeldEntries(
  range: ConfigRange,
  bus: ConfigBus,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, HeldEntry>> {
  const held = new Map<string, HeldEntry>();
  const ended = Promise.withResolvers<undefined>();
  const onAbort = (): void => ended.reject(new BusError('read the bucket: no answer in time'));
  signal.addEventListener('abort', onAbort, { once: true });
  const watch = bus.watch({
    filters: rangeFilters(range),
    onEvent(event) {
      if (event.kind === 'SnapshotEnded') ended.resolve(undefined);
      if (event.kind === 'Lost') ended.reject(new BusError(`read the bucket: ${event.reason}`));
      if (event.kind !== 'Entry' || event.entry.value === null) return;
      const entry = readEntry(range, event.entry.key, event.entry.value);
      if (entry !== null) held.set(entry.key, entry);
    },
  });
  try {
    await ended.promise;
    return held;
  } finally {
    signal.removeEventListener('abort', onAbort);
    watch.close();
  }
}
