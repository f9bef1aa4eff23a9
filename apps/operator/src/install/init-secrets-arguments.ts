/** The command line of `sluice-operator init-secrets` as data. Pure. */
import { parseArgs } from 'node:util';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import type { DatabaseAddress, InstallNeeds } from './secret-plan.ts';

export interface InitSecretsOptions {
  readonly needs: InstallNeeds;
  readonly namespace: string;
  /** What the Secrets are found again by: the label `sluice.dev/installation`. */
  readonly installation: string;
  readonly timeoutMs: number;
}

export type InitSecretsArguments =
  | { readonly kind: 'options'; readonly options: InitSecretsOptions }
  | { readonly kind: 'usage'; readonly problem: string };

export const initSecretsUsage = `  init-secrets --prefix NAME --namespace NAME [--nats] [--state-service] [--grafana] [--postgres-host HOST]
             make the Secrets of an installation that are not there yet, and leave those that are
    --prefix NAME               what their names begin with
    --namespace NAME            where they are
    --nats                      NKeys for a NATS server of the installation's own
    --state-service             pepper and API keys
    --grafana                   a password for a Grafana of its own
    --postgres-host HOST        password and address for a PostgreSQL of its own
    --postgres-port N           default 5432
    --postgres-user NAME        default sluice
    --postgres-database NAME    default sluice
    --timeout SECONDS           how long an API server that does not answer is waited for (default 300)
`;

const options = {
  prefix: { type: 'string' },
  namespace: { type: 'string' },
  nats: { type: 'boolean' },
  'state-service': { type: 'boolean' },
  grafana: { type: 'boolean' },
  'postgres-host': { type: 'string' },
  'postgres-port': { type: 'string' },
  'postgres-user': { type: 'string' },
  'postgres-database': { type: 'string' },
  timeout: { type: 'string' },
} as const;

type Values = { readonly [Name in keyof typeof options]?: string | boolean | undefined };

const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
// The longest name that is made from it ends in `-nats-state-service`; names of Secrets may have 253 characters.
const prefixPattern = /^[a-z0-9]([a-z0-9-]{0,198}[a-z0-9])?$/;
const hostPattern = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const identifierPattern = /^[a-z_][a-z0-9_]{0,62}$/;
const maxPort = 65_535;
const maxTimeoutSeconds = 86_400;

/** `args` behind the word `init-secrets`. */
export function parseInitSecretsArguments(args: readonly string[]): InitSecretsArguments {
  try {
    return { kind: 'options', options: readOptions(parseArgs({ args: [...args], options }).values) };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof TypeError)) throw error;
    return { kind: 'usage', problem: error.message.split('\n')[0] ?? '' };
  }
}

function readOptions(values: Values): InitSecretsOptions {
  const prefix = readText(values, 'prefix', prefixPattern);
  const namespace = readText(values, 'namespace', labelPattern);
  const nats = values.nats === true;
  const stateService = values['state-service'] === true;
  return {
    needs: { prefix, nats, stateService, grafana: values.grafana === true, postgres: readDatabase(values) },
    namespace,
    installation: prefix,
    timeoutMs: readNumber(values, 'timeout', { standard: 300, max: maxTimeoutSeconds }) * 1000,
  };
}

function readDatabase(values: Values): DatabaseAddress | null {
  if (values['postgres-host'] === undefined) {
    const stray = (['postgres-port', 'postgres-user', 'postgres-database'] as const).find((name) => name in values);
    if (stray !== undefined) throw new UsageError(`--${stray} needs --postgres-host`);
    return null;
  }
  return {
    host: readText(values, 'postgres-host', hostPattern),
    port: readNumber(values, 'postgres-port', { standard: 5432, max: maxPort }),
    user: readText({ 'postgres-user': 'sluice', ...values }, 'postgres-user', identifierPattern),
    database: readText({ 'postgres-database': 'sluice', ...values }, 'postgres-database', identifierPattern),
  };
}

function readText(values: Values, name: keyof Values, pattern: RegExp): string {
  const text = values[name];
  if (typeof text !== 'string') throw new UsageError(`--${name} is missing`);
  if (!pattern.test(text)) throw new UsageError(`--${name} ${JSON.stringify(text)} does not match ${pattern.source}`);
  return text;
}

function readNumber(
  values: Values,
  name: keyof Values,
  { standard, max }: { readonly standard: number; readonly max: number },
): number {
  const text = values[name];
  if (text === undefined) return standard;
  const value = /^[0-9]{1,6}$/.test(String(text)) ? Number(text) : 0;
  if (value < 1 || value > max) throw new UsageError(`--${name} is not a number from 1 to ${max}`);
  return value;
}
