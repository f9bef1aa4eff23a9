/**
 * A bus for publishers that come one after the other: listeners of a ConfigBus cannot be taken back, so one set of them stays and passes
 * on to the publisher of the moment.
 */
import type { ConfigBus, ConnectionState, ReceivedAck } from './config-bus.ts';

export interface TenantBus {
  /** For one publisher; the one before hears nothing more. Closing it closes nothing. */
  next(): ConfigBus;
}

interface Tenant {
  readonly stateListeners: ((state: ConnectionState) => void)[];
  readonly ackListeners: ((ack: ReceivedAck) => void)[];
}

export function createTenantBus(bus: ConfigBus): TenantBus {
  let tenant: Tenant = { stateListeners: [], ackListeners: [] };
  let last: ConnectionState | null = null;
  bus.onState((state) => {
    last = state;
    for (const listener of tenant.stateListeners) listener(state);
  });
  bus.onAck((ack) => {
    for (const listener of tenant.ackListeners) listener(ack);
  });
  return {
    next() {
      const own: Tenant = { stateListeners: [], ackListeners: [] };
      tenant = own;
      return {
        onState(listener) {
          own.stateListeners.push(listener);
          if (last !== null) listener(last);
        },
        onAck: (listener) => void own.ackListeners.push(listener),
        watch: (options) => bus.watch(options),
        read: (key) => bus.read(key),
        put: (key, value, expectedSequence) => bus.put(key, value, expectedSequence),
        putBlob: (name, bytes) => bus.putBlob(name, bytes),
        getBlob: (name) => bus.getBlob(name),
        pruneBlobs: (prefix, keep) => bus.pruneBlobs(prefix, keep),
        sendAck: (proxy, payload) => bus.sendAck(proxy, payload),
        close: () => Promise.resolve(),
      };
    },
  };
}
