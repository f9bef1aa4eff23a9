/** What carries users from the state service to the proxy: the NATS servers that `control:` names, else memory. */
import { MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { type OpenBus, openNatsBus } from '@sluice/proxy/control/live/open-bus.ts';
import { natsBusConfig } from '@sluice/state-service/cli/nats-bus-config.ts';

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

function connectPublisher({ servers, credentialsFile, nkeySeedFile, tls }: NonNullable<NatsControl>): ConfigBus {
  const { caFile, certFile, keyFile } = tls ?? { caFile: null, certFile: null, keyFile: null };
  const files = { credentialsFile, nkeySeedFile, caFile, certFile, keyFile };
  return createNatsBus(natsBusConfig({ servers, ...files, replicas: 1 }), { random: Math.random });
}
