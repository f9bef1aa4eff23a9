/** The options of `sluice status` and `sluice publish` as data. Pure. */
import { parseArgs } from 'node:util';
import { parseDuration } from '@sluice/contract/duration.ts';
import { parseNatsUrl } from '@sluice/contract/nats-url.ts';
import type { ControlConfig } from '../config/effective-config.ts';
import type { PublishOptions } from './publish/publish-command.ts';
import type { StatusOptions } from './status/status-command.ts';

export type LiveArguments<Options> =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'problem'; readonly problem: string };

const defaultAdmin = 'http://127.0.0.1:9900';
const defaultWait = '10s';
const natsFiles = {
  credentials: { type: 'string' },
  'nkey-seed': { type: 'string' },
  'tls-ca': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
} as const;

/** `environment`: what SLUICE_ADMIN_URL says, for a health check whose arguments an image has fixed. */
export function parseStatusArguments(
  args: readonly string[],
  environment: string | undefined,
): LiveArguments<StatusOptions> {
  return parsing(() => {
    const { values } = parseArgs({
      args: [...args],
      options: { admin: { type: 'string' }, json: { type: 'boolean' } },
    });
    const source = values.admin === undefined ? 'SLUICE_ADMIN_URL' : '--admin';
    // Set to nothing is not set, as everywhere.
    const admin = withScheme(values.admin ?? (environment || defaultAdmin));
    if (URL.parse(admin)?.protocol !== 'http:') throw new Error(`${source} needs a URL like ${defaultAdmin}`);
    return { admin, isJson: values.json ?? false };
  });
}

export function parsePublishArguments(args: readonly string[]): LiveArguments<PublishOptions> {
  return parsing(() => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...natsFiles,
        nats: { type: 'string', multiple: true },
        'ack-key': { type: 'string' },
        wait: { type: 'string' },
        'dry-run': { type: 'boolean' },
        follow: { type: 'boolean' },
      },
    });
    const [path, ...others] = positionals;
    if (path === undefined || path === '' || others.length > 0) throw new Error('publish needs one FILE');
    const wait = parseDuration(values.wait ?? defaultWait);
    if (wait.kind === 'invalid') throw new Error(`--wait ${wait.message}`);
    return {
      path,
      nats: natsOf(values),
      ackKeyFile: values['ack-key'] ?? null,
      waitMs: wait.value,
      isDryRun: values['dry-run'] ?? false,
      follows: values.follow ?? false,
    };
  });
}

type NatsValues = { readonly nats?: string[] | undefined } & {
  readonly [Name in keyof typeof natsFiles]?: string | undefined;
};

function natsOf(values: NatsValues): ControlConfig['nats'] {
  const servers = values.nats ?? [];
  const given = Object.keys(natsFiles).filter((name) => Object.hasOwn(values, name));
  if (servers.length === 0) {
    if (given.length > 0) throw new Error(`--${given[0]} needs --nats URL`);
    return null;
  }
  for (const server of servers) {
    const url = parseNatsUrl(server);
    if (url.kind === 'invalid') throw new Error(`--nats: the URL ${url.message}`);
  }
  const { credentials: credentialsFile = null, 'nkey-seed': nkeySeedFile = null } = values;
  if (credentialsFile !== null && nkeySeedFile !== null)
    throw new Error('--credentials and --nkey-seed exclude each other');
  return { servers, credentialsFile, nkeySeedFile, inbox: null, tls: tlsOf(values) };
}

function tlsOf(values: NatsValues): NonNullable<ControlConfig['nats']>['tls'] {
  const { 'tls-ca': caFile = null, 'tls-cert': certFile = null, 'tls-key': keyFile = null } = values;
  if ((certFile === null) !== (keyFile === null)) throw new Error('--tls-cert and --tls-key need each other');
  return caFile === null && certFile === null ? null : { caFile, certFile, keyFile };
}

function parsing<Options>(parse: () => Options): LiveArguments<Options> {
  try {
    return { kind: 'options', options: parse() };
  } catch (error) {
    return { kind: 'problem', problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

function withScheme(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}
