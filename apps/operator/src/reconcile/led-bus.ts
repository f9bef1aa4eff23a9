/**
 * A bus on which a leader writes only while the Lease is surely its own. Compare-and-set and the epoch keep out whoever writes in spite
 * of that; but a process that was stopped in the middle finds its Lease over by the clock, and need not even try.
 */
import type { Leadership } from '@sluice/kube/port/leader-election.ts';
import { BusError, type ConfigBus } from '@sluice/live-config/port/config-bus.ts';

export function createLedBus(bus: ConfigBus, leadership: Pick<Leadership, 'isHeld' | 'signal'>): ConfigBus {
  // Nothing else guards blobs: the next leader's would be taken for what is left of earlier snapshots.
  const demandLease = (what: string): void => {
    if (!leadership.isHeld()) throw new BusError(`${what}: this process has lost the Lease`);
  };
  return {
    onState: (listener) => bus.onState(listener),
    onAck: (listener) => bus.onAck(listener),
    watch: (options) => bus.watch(options),
    read: async (key) => await bus.read(key),
    put: async (key, value, expectedSequence) => {
      if (leadership.isHeld()) return await bus.put(key, value, expectedSequence);
      // The leadership is about to be told over. An answer before that would be asked again at once, and again.
      await untilAborted(leadership.signal);
      return { kind: 'Unknown', reason: `put ${key}: this process has lost the Lease` };
    },
    putBlob: async (name, bytes) => {
      demandLease(`put blob ${name}`);
      await bus.putBlob(name, bytes);
    },
    getBlob: async (name) => await bus.getBlob(name),
    pruneBlobs: async (prefix, keep) => {
      demandLease(`prune blobs ${prefix}`);
      await bus.pruneBlobs(prefix, keep);
    },
    sendAck: (proxy, payload) => bus.sendAck(proxy, payload),
    close: async () => await bus.close(),
  };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
