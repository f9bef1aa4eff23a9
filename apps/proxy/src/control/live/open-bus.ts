/** The message system a proxy takes its live configuration from: NATS, unless whoever runs the proxy brings another. */
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import type { NatsBusConfig } from '@sluice/live-config/nats/nats-config.ts';
import { natsInboxOf } from '@sluice/live-config/nats/nats-roles.ts';
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
      ...natsConnection(nats),
      clientName: `sluice proxy ${proxy}`,
      inbox: nats.inbox ?? natsInboxOf({ kind: 'Proxy', id: proxy }),
    },
    { random: Math.random },
  );
}

/** For the publisher of routes and listeners; makes the bucket where there is none. */
export function openPublisherBus(nats: NatsControl): ConfigBus {
  return createNatsBus(
    {
      ...natsConnection(nats),
      clientName: 'sluice publish',
      inbox: natsInboxOf({ kind: 'Operator' }),
      makeBuckets: { replicas: nats.servers.length >= 3 ? 3 : 1 },
    },
    { random: Math.random },
  );
}

/** Servers, TLS and who connects, as the bus wants them: absent where the file has nothing. */
function natsConnection({
  servers,
  credentialsFile,
  nkeySeedFile,
  tls,
}: NatsControl): Pick<NatsBusConfig, 'servers' | 'auth' | 'tls'> {
  return {
    servers,
    ...(credentialsFile === null ? {} : { auth: { kind: 'Credentials', file: credentialsFile } as const }),
    ...(nkeySeedFile === null ? {} : { auth: { kind: 'NKeySeed', file: nkeySeedFile } as const }),
    ...(tls === null ? {} : { tls: withoutNulls(tls) }),
  };
}

function withoutNulls({
  caFile,
  certFile,
  keyFile,
}: NonNullable<NatsControl['tls']>): NonNullable<NatsBusConfig['tls']> {
  return {
    ...(caFile === null ? {} : { caFile }),
    ...(certFile === null ? {} : { certFile }),
    ...(keyFile === null ? {} : { keyFile }),
  };
}
