/** The options of NATS as the bus takes them: this process publishes, and makes the buckets when there are none. Pure. */
import type { NatsAuth, NatsBusConfig, NatsTlsFiles } from '@sluice/live-config/nats/nats-config.ts';
import { natsInboxOf } from '@sluice/live-config/nats/nats-roles.ts';
import type { NatsOptions } from './parse-arguments.ts';

export function natsBusConfig(options: NatsOptions): NatsBusConfig {
  const auth = authOf(options);
  const tls = tlsOf(options);
  return {
    servers: options.servers,
    clientName: 'sluice-operator',
    inbox: natsInboxOf({ kind: 'Operator' }),
    makeBuckets: { replicas: options.replicas },
    ...(auth === null ? {} : { auth }),
    ...(tls === null ? {} : { tls }),
  };
}

function authOf({ credentialsFile, nkeySeedFile }: NatsOptions): NatsAuth | null {
  if (credentialsFile !== null) return { kind: 'Credentials', file: credentialsFile };
  return nkeySeedFile === null ? null : { kind: 'NKeySeed', file: nkeySeedFile };
}

function tlsOf({ caFile, certFile, keyFile }: NatsOptions): NatsTlsFiles | null {
  if (caFile === null && certFile === null && keyFile === null) return null;
  return {
    ...(caFile === null ? {} : { caFile }),
    ...(certFile === null ? {} : { certFile }),
    ...(keyFile === null ? {} : { keyFile }),
  };
}
