/** The bus of a publisher: it makes the buckets when there are none. Pure. */
import type { NatsBusConfig } from './nats-config.ts';
import { type NatsConnection, natsConnectionOf } from './nats-connection.ts';
import { type NatsRole, natsInboxOf } from './nats-roles.ts';

export interface NatsPublisherOptions extends NatsConnection {
  /** Of the buckets made here. */
  readonly replicas: number;
}

export function publisherBusConfig(
  options: NatsPublisherOptions,
  { clientName, role }: { readonly clientName: string; readonly role: NatsRole },
): NatsBusConfig {
  return {
    ...natsConnectionOf(options),
    clientName,
    inbox: natsInboxOf(role),
    makeBuckets: { replicas: options.replicas },
  };
}
