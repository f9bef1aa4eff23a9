/** The options of a publisher's command line that say where NATS is. Pure. */
import type { Given } from '@sluice/runtime/command/given-options.ts';
import { readNumberOption } from '@sluice/runtime/command/read-option.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import type { NatsPublisherOptions } from './publisher-bus-config.ts';

/** `nats` may be given several times. */
export const natsOptionNames = [
  'nats',
  'nats-credentials',
  'nats-nkey-seed',
  'nats-ca',
  'nats-cert',
  'nats-key',
  'nats-replicas',
] as const;

type NatsOptionName = (typeof natsOptionNames)[number];

/** null: no server is named. Throws a UsageError. */
export function readNatsOptions(given: Given<NatsOptionName>): NatsPublisherOptions | null {
  const servers = given('nats');
  if (servers === null) return null;
  const credentialsFile = given('nats-credentials');
  const nkeySeedFile = given('nats-nkey-seed');
  if (credentialsFile !== null && nkeySeedFile !== null) {
    throw new UsageError('give one of --nats-credentials and --nats-nkey-seed');
  }
  const replicas = readNumberOption(given, 'nats-replicas', { max: 5 }) ?? 1;
  if (![1, 3, 5].includes(replicas)) throw new UsageError('--nats-replicas is none of 1, 3, 5');
  return { servers: servers.split(','), credentialsFile, nkeySeedFile, tls: readTls(given), replicas };
}

function readTls(given: Given<NatsOptionName>): NatsPublisherOptions['tls'] {
  const tls = { caFile: given('nats-ca'), certFile: given('nats-cert'), keyFile: given('nats-key') };
  return Object.values(tls).every((file) => file === null) ? null : tls;
}
