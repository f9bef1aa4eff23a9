/** The command line and the environment as data. Pure; what is wrong with them is for the person who wrote them. */
import { parseArgs } from 'node:util';
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { LogLevel } from '@sluice/runtime/logger.ts';
import { Secret } from '@sluice/runtime/secret.ts';
import type { RateLimitSettings } from '../http/rate-limits.ts';
import type { DatabaseSource } from '../process/database-source.ts';
import type { ListenAddress } from '../process/state-service.ts';

export interface NatsOptions {
  readonly servers: readonly string[];
  readonly credentialsFile: string | null;
  readonly nkeySeedFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly replicas: number;
}

export interface RunOptions {
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress | null;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly database: DatabaseSource;
  readonly pepperFile: string | null;
  readonly bootstrapKeyFile: string | null;
  readonly operatorKeyFile: string | null;
  readonly nats: NatsOptions | null;
  readonly ackKeyFile: string | null;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
  readonly rateLimits: Partial<RateLimitSettings>;
}

export type Command =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'migrate'; readonly database: DatabaseSource; readonly back: number }
  | { readonly kind: 'newKey' }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' };

export type Arguments =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'usage'; readonly problem: string };

export type Environment = Readonly<Record<string, string | undefined>>;

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
  'nats',
  'nats-credentials',
  'nats-nkey-seed',
  'nats-ca',
  'nats-cert',
  'nats-key',
  'nats-replicas',
  'ack-key-file',
  'key-requests',
  'address-requests',
  'address-failures',
  'drain',
  'log-level',
  'back',
] as const;
type OptionName = (typeof optionNames)[number];
type Given = (name: OptionName) => string | null;

class UsageProblem extends Error {}

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const maxDrainSeconds = 3600;

/** `argv` without the program and the script. An option wins over the environment. */
export function parseArguments(argv: readonly string[], env: Environment): Arguments {
  const [name, ...rest] = argv;
  try {
    return { kind: 'command', command: parseCommand(name, rest, env) };
  } catch (error) {
    if (error instanceof UsageProblem) return { kind: 'usage', problem: error.message };
    throw error;
  }
}

function parseCommand(name: string | undefined, rest: readonly string[], env: Environment): Command {
  switch (name) {
    case 'run':
      return { kind: 'run', options: readRunOptions(readOptions(rest, env)) };
    case 'migrate': {
      const given = readOptions(rest, env);
      return { kind: 'migrate', database: readDatabase(given), back: readNumber(given, 'back', { max: 1000 }) ?? 0 };
    }
    case 'new-key':
      return withoutOptions({ kind: 'newKey' }, rest);
    case 'version':
    case '--version':
      return withoutOptions({ kind: 'version' }, rest);
    case 'help':
    case '--help':
    case '-h':
      return withoutOptions({ kind: 'help' }, rest);
    case undefined:
      throw new UsageProblem('no command given');
    default:
      throw new UsageProblem(`unknown command ${JSON.stringify(name)}`);
  }
}

function withoutOptions(command: Command, rest: readonly string[]): Command {
  if (rest.length > 0) throw new UsageProblem(`${command.kind} takes no arguments`);
  return command;
}

function readOptions(args: readonly string[], env: Environment): Given {
  const options = Object.fromEntries(optionNames.map((name) => [name, { type: 'string', multiple: true }] as const));
  const values = parseOptions(args, options);
  return (name) => {
    const given = values[name] ?? [];
    if (given.length > 1 && name !== 'nats') throw new UsageProblem(`--${name} is given more than once`);
    const value = given.length > 0 ? given.join(',') : env[`SLUICE_STATE_${name.replaceAll('-', '_').toUpperCase()}`];
    if (given.includes('')) throw new UsageProblem(`--${name} is empty`);
    return value === undefined || value === '' ? null : value;
  };
}

function parseOptions(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: 'string'; readonly multiple: true }>>,
): Readonly<Record<string, readonly string[] | undefined>> {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function readRunOptions(given: Given): RunOptions {
  const database = readDatabase(given);
  const pepperFile = given('pepper-file');
  if (pepperFile === null && database.kind !== 'Embedded') {
    throw new UsageProblem('--pepper-file is missing: API keys in the database are worthless without it');
  }
  const logLevel = logLevels.find((level) => level === (given('log-level') ?? 'info'));
  if (logLevel === undefined) throw new UsageProblem(`--log-level is none of ${logLevels.join(', ')}`);
  return {
    listen: readAddress(given, 'listen') ?? { host: '127.0.0.1', port: 9910 },
    adminListen: readAddress(given, 'admin-listen'),
    tls: readTls(given),
    database,
    pepperFile,
    bootstrapKeyFile: given('bootstrap-key-file'),
    operatorKeyFile: given('operator-key-file'),
    nats: readNats(given),
    ackKeyFile: given('ack-key-file'),
    logLevel,
    rateLimits: readRateLimits(given),
    drainMs: (readNumber(given, 'drain', { max: maxDrainSeconds }) ?? 10) * 1000,
  };
}

function readDatabase(given: Given): DatabaseSource {
  const url = given('database-url');
  const path = given('database-url-file');
  const directory = given('embedded-postgres');
  if ([url, path, directory].filter((value) => value !== null).length !== 1) {
    throw new UsageProblem('give exactly one of --database-url, --database-url-file and --embedded-postgres');
  }
  if (url !== null) return { kind: 'Url', url: new Secret(url) };
  return path === null ? { kind: 'Embedded', directory: directory ?? '' } : { kind: 'UrlFile', path };
}

function readAddress(given: Given, name: 'listen' | 'admin-listen'): ListenAddress | null {
  const text = given(name);
  if (text === null) return null;
  const parsed = parseBindAddress(text);
  if (parsed.kind === 'valid') return { host: parsed.value.host, port: parsed.value.port };
  throw new UsageProblem(`--${name} ${parsed.message} (${parsed.remedy})`);
}

function readTls(given: Given): RunOptions['tls'] {
  const certFile = given('tls-cert');
  const keyFile = given('tls-key');
  if (certFile !== null && keyFile !== null) return { certFile, keyFile };
  if (certFile === null && keyFile === null) return null;
  throw new UsageProblem('--tls-cert and --tls-key belong together');
}

function readNats(given: Given): NatsOptions | null {
  const servers = given('nats');
  if (servers === null) return null;
  const credentialsFile = given('nats-credentials');
  const nkeySeedFile = given('nats-nkey-seed');
  if (credentialsFile !== null && nkeySeedFile !== null) {
    throw new UsageProblem('give one of --nats-credentials and --nats-nkey-seed');
  }
  const replicas = readNumber(given, 'nats-replicas', { max: 5 }) ?? 1;
  if (![1, 3, 5].includes(replicas)) throw new UsageProblem('--nats-replicas is none of 1, 3, 5');
  return {
    servers: servers.split(','),
    credentialsFile,
    nkeySeedFile,
    caFile: given('nats-ca'),
    certFile: given('nats-cert'),
    keyFile: given('nats-key'),
    replicas,
  };
}

function readRateLimits(given: Given): Partial<RateLimitSettings> {
  const limits = {
    requestsPerMinuteAndKey: readNumber(given, 'key-requests', { max: 999_999 }),
    requestsPerMinuteAndAddress: readNumber(given, 'address-requests', { max: 999_999 }),
    failuresPerMinuteAndAddress: readNumber(given, 'address-failures', { max: 999_999 }),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null));
}

function readNumber(given: Given, name: OptionName, { max }: { readonly max: number }): number | null {
  const text = given(name);
  if (text === null) return null;
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new UsageProblem(`--${name} is not a number from 0 to ${max}`);
  return value;
}
