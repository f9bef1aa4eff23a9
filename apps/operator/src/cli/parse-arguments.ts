/** The command line and the environment as data. Pure; what is wrong with them is for the person who wrote them. */
import { parseArgs } from 'node:util';
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { LogLevel } from '@sluice/runtime/logger.ts';
import {
  type InitSecretsOptions,
  initSecretsUsage,
  parseInitSecretsArguments,
} from '../install/init-secrets-arguments.ts';

export interface KubeOptions {
  /** null: the ServiceAccount of the pod. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  readonly requestsPerSecond: number;
}

export interface NatsOptions {
  readonly servers: readonly string[];
  readonly credentialsFile: string | null;
  readonly nkeySeedFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly replicas: number;
}

export interface StateOptions {
  readonly url: string;
  readonly keyFile: string;
  readonly caFile: string | null;
  /** What the users say of who keeps them: another for each cluster that shares the state service. */
  readonly owner: string;
  /** How long a deleted user's object waits for a state service that is away. */
  readonly releaseMs: number;
}

export interface RunOptions {
  readonly kube: KubeOptions;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  /** null: that of the pod. */
  readonly leaseNamespace: string | null;
  readonly leaseName: string;
  readonly admin: { readonly host: string; readonly port: number };
  readonly nats: NatsOptions;
  readonly ackKeyFile: string | null;
  /** null: users are none of this operator's business. */
  readonly state: StateOptions | null;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
}

export type Command =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'initSecrets'; readonly options: InitSecretsOptions; readonly kube: KubeOptions }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' };

export type Arguments =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'usage'; readonly problem: string };

export type Environment = Readonly<Record<string, string | undefined>>;

export const usageText = `usage: sluice-operator COMMAND [OPTION]

  run        carry ProxyRoutes, ProxyListeners and ProxyUsers to the proxies until SIGTERM
${initSecretsUsage}  version    print the version
  help       print this

options of run; each may also come from the environment as SLUICE_ and its name in capitals (SLUICE_STATE_URL)
  --kubeconfig FILE           default: the ServiceAccount of the pod (also of init-secrets, as --context)
  --context NAME              of the kubeconfig; default: its current one
  --namespaces NAME,NAME      look at these only; default: all
  --lease-namespace NAME      where the Lease is; default: the namespace of the pod
  --lease-name NAME           default sluice-operator
  --admin ADDRESS:PORT        /healthz, /readyz and /metrics; default 127.0.0.1:9920, port 0 takes a free one
  --nats URL                  publish to this server; may be given several times, or with commas
  --nats-credentials FILE | --nats-nkey-seed FILE
  --nats-ca FILE --nats-cert FILE --nats-key FILE
  --nats-replicas N           of the buckets made here: 1, 3 or 5 (default 1)
  --ack-key-file FILE         the key that proxies sign acknowledgements with
  --state-url URL             keep ProxyUsers in this state service; absent: ProxyUsers are not looked at
  --state-key-file FILE       the API key for it
  --state-ca FILE             who signed its certificate; default: the authorities of the system
  --state-owner NAME          what users there say of who keeps them (default kubernetes); one for each cluster that shares it
  --state-release SECONDS     how long a deleted ProxyUser waits for a state service that is away (default 600)
  --kube-requests N           requests to the API server in a second (default 100)
  --drain SECONDS             how long what is under way may go on after SIGTERM (default 20)
  --log-level LEVEL           debug, info (default), warn, error

exit codes: 0 asked to stop, 1 runtime failure, 2 configuration, 64 usage
`;

const optionNames = [
  'kubeconfig',
  'context',
  'namespaces',
  'lease-namespace',
  'lease-name',
  'admin',
  'nats',
  'nats-credentials',
  'nats-nkey-seed',
  'nats-ca',
  'nats-cert',
  'nats-key',
  'nats-replicas',
  'ack-key-file',
  'state-url',
  'state-key-file',
  'state-ca',
  'state-owner',
  'state-release',
  'kube-requests',
  'drain',
  'log-level',
] as const;
type OptionName = (typeof optionNames)[number];
type Given = (name: OptionName) => string | null;

class UsageProblem extends Error {}

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const repeatable: ReadonlySet<OptionName> = new Set(['nats', 'namespaces']);
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const leaseNamePattern = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const maxNamespaces = 256;

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
    case 'init-secrets':
      return readInitSecrets(rest, env);
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

/** Which API server is the frame's matter, everything else that of the command. */
function readInitSecrets(args: readonly string[], env: Environment): Command {
  const kubeArgs: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const isOurs = ['--kubeconfig', '--context'].some((name) => arg === name || arg.startsWith(`${name}=`));
    const target = isOurs ? kubeArgs : rest;
    target.push(arg);
    if (!isOurs || arg.includes('=')) continue;
    index += 1;
    target.push(...args.slice(index, index + 1));
  }
  const parsed = parseInitSecretsArguments(rest);
  if (parsed.kind === 'usage') throw new UsageProblem(parsed.problem);
  return { kind: 'initSecrets', options: parsed.options, kube: readKube(readOptions(kubeArgs, env)) };
}

function readOptions(args: readonly string[], env: Environment): Given {
  const options = Object.fromEntries(optionNames.map((name) => [name, { type: 'string', multiple: true }] as const));
  const values = parseOptions(args, options);
  return (name) => {
    const given = values[name] ?? [];
    if (given.length > 1 && !repeatable.has(name)) throw new UsageProblem(`--${name} is given more than once`);
    const value = given.length > 0 ? given.join(',') : env[`SLUICE_${name.replaceAll('-', '_').toUpperCase()}`];
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
  const logLevel = logLevels.find((level) => level === (given('log-level') ?? 'info'));
  if (logLevel === undefined) throw new UsageProblem(`--log-level is none of ${logLevels.join(', ')}`);
  return {
    kube: readKube(given),
    namespaces: readNamespaces(given),
    leaseNamespace: readName(given, 'lease-namespace', labelPattern),
    leaseName: readName(given, 'lease-name', leaseNamePattern) ?? 'sluice-operator',
    admin: readAddress(given, 'admin') ?? { host: '127.0.0.1', port: 9920 },
    nats: readNats(given),
    ackKeyFile: given('ack-key-file'),
    state: readState(given),
    logLevel,
    drainMs: (readNumber(given, 'drain', { max: 3600 }) ?? 20) * 1000,
  };
}

function readKube(given: Given): KubeOptions {
  const kubeconfig = given('kubeconfig');
  const context = given('context');
  if (context !== null && kubeconfig === null) throw new UsageProblem('--context needs --kubeconfig');
  const requestsPerSecond = readNumber(given, 'kube-requests', { max: 10_000 }) ?? 100;
  if (requestsPerSecond === 0) throw new UsageProblem('--kube-requests is not a number from 1 to 10000');
  return { kubeconfig, context, requestsPerSecond };
}

function readNamespaces(given: Given): readonly string[] | null {
  const text = given('namespaces');
  if (text === null) return null;
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const bad = names.find((name) => !labelPattern.test(name));
  if (bad !== undefined) throw new UsageProblem(`--namespaces: ${JSON.stringify(bad)} is not the name of a namespace`);
  if (names.length > maxNamespaces) throw new UsageProblem(`--namespaces names more than ${maxNamespaces}`);
  return names;
}

function readName(given: Given, name: OptionName, pattern: RegExp): string | null {
  const text = given(name);
  if (text !== null && !pattern.test(text)) throw new UsageProblem(`--${name} ${JSON.stringify(text)} is not a name`);
  return text;
}

function readAddress(given: Given, name: OptionName): RunOptions['admin'] | null {
  const text = given(name);
  if (text === null) return null;
  const parsed = parseBindAddress(text);
  if (parsed.kind === 'valid') return { host: parsed.value.host, port: parsed.value.port };
  throw new UsageProblem(`--${name} ${parsed.message} (${parsed.remedy})`);
}

function readNats(given: Given): NatsOptions {
  const servers = given('nats');
  if (servers === null) throw new UsageProblem('--nats is missing: the operator publishes to it');
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

function readState(given: Given): StateOptions | null {
  const url = given('state-url');
  const keyFile = given('state-key-file');
  if (url === null) return null;
  if (keyFile === null) throw new UsageProblem('--state-url needs --state-key-file');
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new UsageProblem('--state-url is not an http:// or https:// URL');
  }
  const releaseMs = (readNumber(given, 'state-release', { max: 604_800 }) ?? 600) * 1000;
  const owner = readName(given, 'state-owner', labelPattern) ?? 'kubernetes';
  return { url, keyFile, caFile: given('state-ca'), owner, releaseMs };
}

function readNumber(given: Given, name: OptionName, { max }: { readonly max: number }): number | null {
  const text = given(name);
  if (text === null) return null;
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new UsageProblem(`--${name} is not a number from 0 to ${max}`);
  return value;
}
