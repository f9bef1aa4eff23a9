/** The message system a proxy takes its live configuration from: NATS, unless whoever runs the proxy brings another. */
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import { natsConnectionOf } from '@sluice/live-config/nats/nats-connection.ts';
import { natsInboxOf } from '@sluice/live-config/nats/nats-roles.ts';
import { publisherBusConfig } from '@sluice/live-config/nats/publisher-bus-config.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { ControlConfig } from '../../config/effective-config.ts';

/** `proxy`: the id under which it acknowledges. */
export type OpenBus = (control: ControlConfig, proxy: string) => ConfigBus;

type NatsControl = NonNullable<ControlConfig['nats']>;

/** Connects in the background. Throws for a control without nats. */
export function openNatsBus({ nats }: ControlConfig, proxy: string): ConfigBus {
  if (nats === null) throw new Error('control has no nats');
  return createNatsBus(
    {
      ...natsConnectionOf(nats),
      clientName: `sluice proxy ${proxy}`,
      inbox: nats.inbox ?? natsInboxOf({ kind: 'Proxy', id: proxy }),
    },
    { random: Math.random },
  );
}

/** For the publisher of routes and listeners; makes the bucket where there is none. */
export function openPublisherBus(nats: NatsControl): ConfigBus {
  const replicas = nats.servers.length >= 3 ? 3 : 1;
  const identity = { clientName: 'sluice publish', role: { kind: 'Operator' } } as const;
  return createNatsBus(publisherBusConfig({ ...nats, replicas }, identity), { random: Math.random });
}
