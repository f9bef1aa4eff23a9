/** The command line as data. Pure; what is wrong with it is for the person who typed it. */
import { parseArgs } from 'node:util';
import { type VerifierAlgorithm, verifierAlgorithms } from '@sluice/contract/verifier-algorithm.ts';
import type { CommandLine } from '@sluice/runtime/command/command-line.ts';
import type { Environment } from '@sluice/runtime/command/given-options.ts';
import type { InformationalCommand } from '@sluice/runtime/command/informational-command.ts';
import { type LiveArguments, parsePublishArguments, parseStatusArguments } from './live-arguments.ts';
import type { PublishOptions } from './publish/publish-command.ts';
import { parseStateArguments, type StateNoun, stateNouns } from './state/parse-state-arguments.ts';
import type { StateCommand } from './state/state-deed.ts';
import type { StatusOptions } from './status/status-command.ts';
import { stateUsageText } from './state/state-usage.ts';

export type Command =
  | { readonly kind: 'run'; readonly configPath: string }
  | { readonly kind: 'check'; readonly configPath: string }
  | { readonly kind: 'hashPassword'; readonly algorithm: VerifierAlgorithm }
  | { readonly kind: 'status'; readonly options: StatusOptions }
  | { readonly kind: 'publish'; readonly options: PublishOptions }
  | { readonly kind: 'state'; readonly command: StateCommand };

type Arguments = CommandLine<Command>;

export const usageText = `usage: sluice COMMAND [OPTION]

  run [--config FILE]      serve what FILE says (default ./sluice.yaml) until SIGTERM; SIGHUP or a changed file reloads it
  check [--config FILE]    validate FILE and print the effective configuration
  hash-password [--algorithm scrypt|argon2id|bcrypt]
                           read a password from standard input and print its verifier for users: … password: { scrypt: … }
  status [--admin URL] [--json]
                           ask a running proxy (else SLUICE_ADMIN_URL, or http://127.0.0.1:9900) how it is and what is live;
                           0 if it is ready
  publish FILE [--nats URL]... [--dry-run] [--wait 10s] [--follow] [--ack-key FILE] [--credentials FILE | --nkey-seed FILE]
          [--tls-ca FILE] [--tls-cert FILE --tls-key FILE]
                           put the routes and listeners of FILE, and nothing else, into the bucket that proxies follow; wait
                           for what they say; --follow stays and publishes FILE again when it changes
  version                  print the version
  help                     print this

${stateUsageText()}
exit codes: 0 done, or asked to stop, 1 runtime failure, 2 configuration, 64 usage
`;

const defaultConfigPath = './sluice.yaml';

/** `argv` without the program and the script. */
export function parseArguments(argv: readonly string[], env: Environment): Arguments {
  const [name, ...rest] = argv;
  if (name === undefined) return usage('no command given');
  const noun = stateNouns.find((known) => known === name);
  if (noun !== undefined) return withState(noun, rest);
  return withoutState(name, rest, env);
}

function withoutState(name: string, rest: readonly string[], env: Environment): Arguments {
  switch (name) {
    case 'run':
    case 'check':
      return withConfig(name, rest);
    case 'status':
      return ofLive(parseStatusArguments(rest, env['SLUICE_ADMIN_URL']), (options) => ({ kind: 'status', options }));
    case 'publish':
      return ofLive(parsePublishArguments(rest), (options) => ({ kind: 'publish', options }));
    case 'hash-password':
      return withAlgorithm(rest);
    case 'version':
    case '--version':
      return withoutOptions({ kind: 'version' }, name, rest);
    case 'help':
    case '--help':
    case '-h':
      return withoutOptions({ kind: 'help' }, name, rest);
    default:
      return usage(`unknown command ${JSON.stringify(name)}`);
  }
}

function withConfig(kind: 'run' | 'check', rest: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({ args: [...rest], options: { config: { type: 'string', short: 'c' } } });
    const configPath = values.config ?? defaultConfigPath;
    return configPath === '' ? usage('--config needs a file') : { kind: 'command', command: { kind, configPath } };
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function withAlgorithm(rest: readonly string[]): Arguments {
  try {
    const options = { algorithm: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true });
    // Not repeated: it is a password, as like as not.
    if (positionals.length > 0) return usage('hash-password takes no arguments');
    const algorithm = verifierAlgorithms.find((known) => known === (values.algorithm ?? 'scrypt'));
    if (algorithm === undefined) return usage(`--algorithm is one of ${verifierAlgorithms.join(', ')}`);
    return { kind: 'command', command: { kind: 'hashPassword', algorithm } };
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function ofLive<Options>(parsed: LiveArguments<Options>, toCommand: (options: Options) => Command): Arguments {
  return parsed.kind === 'problem' ? usage(parsed.problem) : { kind: 'command', command: toCommand(parsed.options) };
}

function withState(noun: StateNoun, rest: readonly string[]): Arguments {
  const parsed = parseStateArguments(noun, rest);
  if (parsed.kind === 'Command') return { kind: 'command', command: { kind: 'state', command: parsed.command } };
  return { kind: 'usage', problem: parsed.problem, usage: stateUsageText(noun) };
}

function withoutOptions(command: InformationalCommand, name: string, rest: readonly string[]): Arguments {
  return rest.length === 0 ? { kind: 'command', command } : usage(`${name} takes no arguments`);
}

function usage(problem: string): Arguments {
  return { kind: 'usage', problem, usage: usageText };
}
