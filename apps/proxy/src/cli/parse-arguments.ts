/** The command line as data. Pure; what is wrong with it is for the person who typed it. */
import { parseArgs } from 'node:util';
import { type VerifierAlgorithm, verifierAlgorithms } from '@sluice/contract/verifier-algorithm.ts';

export type Command =
  | { readonly kind: 'run'; readonly configPath: string }
  | { readonly kind: 'check'; readonly configPath: string }
  | { readonly kind: 'hashPassword'; readonly algorithm: VerifierAlgorithm }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' };

export type Arguments =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'usage'; readonly problem: string };

export const usageText = `usage: sluice COMMAND [OPTION]

  run [--config FILE]      serve what FILE says (default ./sluice.yaml) until SIGTERM; SIGHUP or a changed file reloads it
  check [--config FILE]    validate FILE and print the effective configuration
  hash-password [--algorithm scrypt|argon2id|bcrypt]
                           read a password from standard input and print its verifier for users: … password: { scrypt: … }
  version                  print the version
  help                     print this

exit codes: 0 asked to stop, 1 runtime failure, 2 configuration, 64 usage
`;

const defaultConfigPath = './sluice.yaml';

/** `argv` without the program and the script. */
export function parseArguments(argv: readonly string[]): Arguments {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      return usage('no command given');
    case 'run':
    case 'check':
      return withConfig(name, rest);
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

function withoutOptions(command: Command, name: string, rest: readonly string[]): Arguments {
  return rest.length === 0 ? { kind: 'command', command } : usage(`${name} takes no arguments`);
}

function usage(problem: string): Arguments {
  return { kind: 'usage', problem };
}
