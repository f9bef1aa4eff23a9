/** The command line and the environment as data. Pure; what is wrong with them is for the person who wrote them. */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { NatsPublisherOptions } from '@sluice/live-config/nats/publisher-bus-config.ts';
import { natsOptionNames, readNatsOptions } from '@sluice/live-config/nats/read-nats-options.ts';
import { type CommandLine, readCommandLine } from '@sluice/runtime/command/command-line.ts';
import { type Environment, type Given, readGivenOptions } from '@sluice/runtime/command/given-options.ts';
import {
  type InformationalCommand,
  readInformationalCommand,
  withoutArguments,
} from '@sluice/runtime/command/informational-command.ts';
import { readLogLevel, readNumberOption, readParsedOption } from '@sluice/runtime/command/read-option.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import type { LogLevel } from '@sluice/runtime/logger.ts';
import { Secret } from '@sluice/runtime/secret.ts';
import type { RateLimitSettings } from '../http/rate-limits.ts';
import type { DatabaseSource } from '../process/database-source.ts';
import type { ListenAddress } from '../process/state-service.ts';

export interface RunOptions {
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress | null;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly database: DatabaseSource;
  readonly pepperFile: string | null;
  readonly bootstrapKeyFile: string | null;
  readonly operatorKeyFile: string | null;
  readonly nats: NatsPublisherOptions | null;
  readonly ackKeyFile: string | null;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
  readonly rateLimits: Partial<RateLimitSettings>;
}

export type Command =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'migrate'; readonly database: DatabaseSource; readonly back: number }
  | { readonly kind: 'newKey' };

export const usageText = `usage: sluice-state COMMAND [OPTION]

  run        serve the REST interface and publish users until SIGTERM
  migrate    bring the database to this version; --back N takes the last N migrations back, with their data
  new-key    print a new API key, for --bootstrap-key-file
  version    print the version
  help       print this

options; each may also come from the environment as SLUICE_STATE_ and its name in capitals (SLUICE_STATE_DATABASE_URL)
  --database-url URL          postgres://user:password@host:port/database; better from the environment or from a file
  --database-url-file FILE    the same, in a file
  --embedded-postgres DIR     run a PostgreSQL of our own, its data in DIR
  --listen ADDRESS:PORT       default 127.0.0.1:9910; port 0 takes a free one
  --admin-listen ADDRESS:PORT /healthz, /readyz and /metrics there, and not on --listen
  --tls-cert FILE --tls-key FILE   serve HTTPS
  --pepper-file FILE          32 random bytes or more, the same for every instance; with --embedded-postgres DIR/pepper, made when absent
  --bootstrap-key-file FILE   an API key with scope admin to accept; absent: one is made and printed when there is none
  --operator-key-file FILE    an API key with scope write to accept: the operator's
  --nats URL                  publish to this server; may be given several times, or with commas
  --nats-credentials FILE | --nats-nkey-seed FILE
  --nats-ca FILE --nats-cert FILE --nats-key FILE
  --nats-replicas N           of the buckets made here: 1, 3 or 5 (default 1)
  --ack-key-file FILE         the key that proxies sign acknowledgements with
  --key-requests N --address-requests N --address-failures N
                              in a minute by one key (default 12000), from one address (30000), without a valid key (60)
  --drain SECONDS             how long requests may go on after SIGTERM (default 10)
  --log-level LEVEL           debug, info (default), warn, error

exit codes: 0 asked to stop, 1 runtime failure, 2 configuration, 64 usage
`;

const optionNames = [
  'database-url',
  'database-url-file',
  'embedded-postgres',
  'listen',
  'admin-listen',
  'tls-cert',
  'tls-key',
  'pepper-file',
  'bootstrap-key-file',
  'operator-key-file',
  ...natsOptionNames,
  'ack-key-file',
  'key-requests',
  'address-requests',
  'address-failures',
  'drain',
  'log-level',
  'back',
] as const;
type OptionName = (typeof optionNames)[number];
type GivenOptions = Given<OptionName>;

const options = { names: optionNames, repeatable: ['nats'], environmentPrefix: 'SLUICE_STATE_' } as const;
const maxDrainSeconds = 3600;

/** `argv` without the program and the script. An option wins over the environment. */
export function parseArguments(argv: readonly string[], env: Environment): CommandLine<Command> {
  const [name, ...rest] = argv;
  return readCommandLine(usageText, () => parseCommand(name, rest, env));
}

function parseCommand(
  name: string | undefined,
  rest: readonly string[],
  env: Environment,
): Command | InformationalCommand {
  switch (name) {
    case 'run':
      return { kind: 'run', options: readRunOptions(readGivenOptions(options, rest, env)) };
    case 'migrate':
      return readMigrate(readGivenOptions(options, rest, env));
    case 'new-key':
      return withoutArguments({ kind: 'newKey' }, rest);
    case undefined:
    default:
      return readInformationalCommand(name, rest);
  }
}

function readMigrate(given: GivenOptions): Command {
  return { kind: 'migrate', database: readDatabase(given), back: readNumberOption(given, 'back', { max: 1000 }) ?? 0 };
}

function readRunOptions(given: GivenOptions): RunOptions {
  const database = readDatabase(given);
  const pepperFile = given('pepper-file');
  if (pepperFile === null && database.kind !== 'Embedded') {
    throw new UsageError('--pepper-file is missing: API keys in the database are worthless without it');
  }
  return {
    listen: readAddress(given, 'listen') ?? { host: '127.0.0.1', port: 9910 },
    adminListen: readAddress(given, 'admin-listen'),
    tls: readTls(given),
    database,
    pepperFile,
    bootstrapKeyFile: given('bootstrap-key-file'),
    operatorKeyFile: given('operator-key-file'),
    nats: readNatsOptions(given),
    ackKeyFile: given('ack-key-file'),
    logLevel: readLogLevel(given),
    rateLimits: readRateLimits(given),
    drainMs: (readNumberOption(given, 'drain', { max: maxDrainSeconds }) ?? 10) * 1000,
  };
}

function readDatabase(given: GivenOptions): DatabaseSource {
  const url = given('database-url');
  const path = given('database-url-file');
  const directory = given('embedded-postgres');
  if ([url, path, directory].filter((value) => value !== null).length !== 1) {
    throw new UsageError('give exactly one of --database-url, --database-url-file and --embedded-postgres');
  }
  if (url !== null) return { kind: 'Url', url: new Secret(url) };
  return path === null ? { kind: 'Embedded', directory: directory ?? '' } : { kind: 'UrlFile', path };
}

function readAddress(given: GivenOptions, name: 'listen' | 'admin-listen'): ListenAddress | null {
  const address = readParsedOption(given, name, parseBindAddress);
  return address === null ? null : { host: address.host, port: address.port };
}

function readTls(given: GivenOptions): RunOptions['tls'] {
  const certFile = given('tls-cert');
  const keyFile = given('tls-key');
  if (certFile !== null && keyFile !== null) return { certFile, keyFile };
  if (certFile === null && keyFile === null) return null;
  throw new UsageError('--tls-cert and --tls-key belong together');
}

function readRateLimits(given: GivenOptions): Partial<RateLimitSettings> {
  const limits = {
    requestsPerMinuteAndKey: readNumberOption(given, 'key-requests', { max: 999_999 }),
    requestsPerMinuteAndAddress: readNumberOption(given, 'address-requests', { max: 999_999 }),
    failuresPerMinuteAndAddress: readNumberOption(given, 'address-failures', { max: 999_999 }),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null));
}
