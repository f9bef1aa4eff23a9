/** What carries users from the state service to the proxy: the NATS servers that `control:` names, else memory. */
import { MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { publisherBusConfig } from '@sluice/live-config/nats/publisher-bus-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { type OpenBus, openNatsBus } from '@sluice/proxy/control/live/open-bus.ts';

/** `control.nats` of the file. */
type NatsControl = Parameters<OpenBus>[0]['nats'];

export interface Buses {
  /** The state service's. */
  readonly publisher: ConfigBus;
  /** The proxy's; a reload may ask for another. */
  readonly openForProxy: OpenBus;
}

/** `nats` null: in memory. Connects in the background. */
export function openBuses(nats: NatsControl): Buses {
  const memory = new MemoryStore();
  return {
    publisher: nats === null ? memory.connect() : connectPublisher(nats),
    openForProxy: (control, proxy) => (control.nats === null ? memory.connect() : openNatsBus(control, proxy)),
  };
}

function connectPublisher(nats: NonNullable<NatsControl>): ConfigBus {
  const identity = { clientName: 'sluice-state', role: { kind: 'StateService' } } as const;
  return createNatsBus(publisherBusConfig({ ...nats, replicas: 1 }, identity), { random: Math.random });
}
