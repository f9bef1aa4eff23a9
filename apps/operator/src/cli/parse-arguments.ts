/** The command line and the environment as data. Pure; what is wrong with them is for the person who wrote them. */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { NatsPublisherOptions } from '@sluice/live-config/nats/publisher-bus-config.ts';
import { natsOptionNames, readNatsOptions } from '@sluice/live-config/nats/read-nats-options.ts';
import { type CommandLine, readCommandLine } from '@sluice/runtime/command/command-line.ts';
import { type Environment, type Given, readGivenOptions } from '@sluice/runtime/command/given-options.ts';
import { type InformationalCommand, readInformationalCommand } from '@sluice/runtime/command/informational-command.ts';
import { readLogLevel, readNumberOption, readParsedOption } from '@sluice/runtime/command/read-option.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import type { LogLevel } from '@sluice/runtime/logger.ts';
import {
  type InitSecretsOptions,
  initSecretsUsage,
  parseInitSecretsArguments,
} from '../install/init-secrets-arguments.ts';
import type { ReleaseUsersOptions } from '../install/release-users.ts';

export interface KubeOptions {
  /** null: the ServiceAccount of the pod. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  readonly requestsPerSecond: number;
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
  readonly nats: NatsPublisherOptions;
  readonly ackKeyFile: string | null;
  /** null: users are none of this operator's business. */
  readonly state: StateOptions | null;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
}

export type Command =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'initSecrets'; readonly options: InitSecretsOptions; readonly kube: KubeOptions }
  | { readonly kind: 'releaseUsers'; readonly options: ReleaseUsersOptions; readonly kube: KubeOptions };

export const usageText = `usage: sluice-operator COMMAND [OPTION]

  run        carry ProxyRoutes, ProxyListeners and ProxyUsers to the proxies until SIGTERM
${initSecretsUsage}  release-users [--namespaces NAME,NAME] [--timeout SECONDS]
             take the operator's finalizer off ProxyUsers: for when no operator is to run any more
    --timeout SECONDS           how long an API server that does not answer is waited for (default 300)
  version    print the version
  help       print this

options of run; each may also come from the environment as SLUICE_ and its name in capitals (SLUICE_STATE_URL)
  --kubeconfig FILE           default: the ServiceAccount of the pod (also of the other commands, as --context)
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
  ...natsOptionNames,
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
type GivenOptions = Given<OptionName>;

const releaseOptionNames = ['kubeconfig', 'context', 'namespaces', 'kube-requests', 'timeout'] as const;
type GivenReleaseOptions = Given<(typeof releaseOptionNames)[number]>;

const options = { names: optionNames, repeatable: ['nats', 'namespaces'], environmentPrefix: 'SLUICE_' } as const;
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const leaseNamePattern = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const maxNamespaces = 256;

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
    case 'init-secrets':
      return readInitSecrets(rest, env);
    case 'release-users':
      return readReleaseUsers(
        readGivenOptions({ ...options, names: releaseOptionNames, repeatable: ['namespaces'] }, rest, env),
      );
    case undefined:
    default:
      return readInformationalCommand(name, rest);
  }
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
  if (parsed.kind === 'usage') throw new UsageError(parsed.problem);
  return { kind: 'initSecrets', options: parsed.options, kube: readKube(readGivenOptions(options, kubeArgs, env)) };
}

function readReleaseUsers(given: GivenReleaseOptions): Command {
  const timeoutMs = (readNumberOption(given, 'timeout', { max: 86_400 }) ?? 300) * 1000;
  return { kind: 'releaseUsers', options: { namespaces: readNamespaces(given), timeoutMs }, kube: readKube(given) };
}

function readRunOptions(given: GivenOptions): RunOptions {
  return {
    kube: readKube(given),
    namespaces: readNamespaces(given),
    leaseNamespace: readName(given, 'lease-namespace', labelPattern),
    leaseName: readName(given, 'lease-name', leaseNamePattern) ?? 'sluice-operator',
    admin: readAdmin(given),
    nats: readNats(given),
    ackKeyFile: given('ack-key-file'),
    state: readState(given),
    logLevel: readLogLevel(given),
    drainMs: (readNumberOption(given, 'drain', { max: 3600 }) ?? 20) * 1000,
  };
}

function readKube(given: Given<'kubeconfig' | 'context' | 'kube-requests'>): KubeOptions {
  const kubeconfig = given('kubeconfig');
  const context = given('context');
  if (context !== null && kubeconfig === null) throw new UsageError('--context needs --kubeconfig');
  const requestsPerSecond = readNumberOption(given, 'kube-requests', { max: 10_000 }) ?? 100;
  if (requestsPerSecond === 0) throw new UsageError('--kube-requests is not a number from 1 to 10000');
  return { kubeconfig, context, requestsPerSecond };
}

function readNamespaces(given: Given<'namespaces'>): readonly string[] | null {
  const text = given('namespaces');
  if (text === null) return null;
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const bad = names.find((name) => !labelPattern.test(name));
  if (bad !== undefined) throw new UsageError(`--namespaces: ${JSON.stringify(bad)} is not the name of a namespace`);
  if (names.length > maxNamespaces) throw new UsageError(`--namespaces names more than ${maxNamespaces}`);
  return names;
}

function readName(given: GivenOptions, name: OptionName, pattern: RegExp): string | null {
  const text = given(name);
  if (text !== null && !pattern.test(text)) throw new UsageError(`--${name} ${JSON.stringify(text)} is not a name`);
  return text;
}

function readAdmin(given: GivenOptions): RunOptions['admin'] {
  const { host, port } = readParsedOption(given, 'admin', parseBindAddress) ?? { host: '127.0.0.1', port: 9920 };
  return { host, port };
}

function readNats(given: GivenOptions): NatsPublisherOptions {
  const nats = readNatsOptions(given);
  if (nats === null) throw new UsageError('--nats is missing: the operator publishes to it');
  return nats;
}

function readState(given: GivenOptions): StateOptions | null {
  const url = given('state-url');
  const keyFile = given('state-key-file');
  if (url === null) return null;
  if (keyFile === null) throw new UsageError('--state-url needs --state-key-file');
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new UsageError('--state-url is not an http:// or https:// URL');
  }
  const releaseMs = (readNumberOption(given, 'state-release', { max: 604_800 }) ?? 600) * 1000;
  const owner = readName(given, 'state-owner', labelPattern) ?? 'kubernetes';
  return { url, keyFile, caFile: given('state-ca'), owner, releaseMs };
}
