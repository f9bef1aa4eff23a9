/**
 * Which Secrets an installation needs, what is in them, and how each value is made when it is missing. Pure: random bytes are an
 * argument. A value is made once; nothing here replaces one.
 */
import { createNkeyPair, publicKeyOfSeed } from '@sluice/live-config/nats/nkey-pair.ts';
import { encodeSecret, formatKey } from '@sluice/runtime/api-key-text.ts';

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export interface InstallNeeds {
  /** What the names of all Secrets begin with. */
  readonly prefix: string;
  /** Keys for a NATS server of the installation's own. */
  readonly nats: boolean;
  /** A password for a PostgreSQL of the installation's own. */
  readonly postgres: DatabaseAddress | null;
  /** Pepper and API keys of the state service. */
  readonly stateService: boolean;
  /** A password for the administrator of a Grafana of the installation's own. */
  readonly grafana: boolean;
}

export type RandomBytes = (length: number) => Uint8Array;
export type SecretData = Readonly<Record<string, string>>;

export interface PlannedSecret {
  readonly name: string;
  /** The keys that must be there, and whether what is in them can be used: null, or why not. */
  readonly check: Readonly<Record<string, (text: string) => string | null>>;
  readonly make: (random: RandomBytes) => SecretData;
}

/** The roles that have an NKey, and the variable that holds its public half in the server's configuration. */
const natsRoles = {
  proxy: 'SLUICE_PROXY_NKEY',
  'state-service': 'SLUICE_STATE_SERVICE_NKEY',
  operator: 'SLUICE_OPERATOR_NKEY',
  admin: 'SLUICE_ADMIN_NKEY',
} as const;
type KeyedRole = keyof typeof natsRoles;
const keyedRoles = Object.keys(natsRoles) as readonly KeyedRole[];

const secretBytes = 32;
const pepperBytes = 48;
const keyIdLength = 16;

/** Those with a secret in them, in the order they are made. */
export function planSecrets(needs: InstallNeeds): readonly PlannedSecret[] {
  const { prefix, nats, postgres, stateService, grafana } = needs;
  return [
    ...(nats ? keyedRoles.map((role) => seedSecret(seedSecretName(prefix, role))) : []),
    ...(postgres === null ? [] : [postgresSecret(`${prefix}-postgres`, postgres)]),
    ...(stateService ? stateServiceSecrets(prefix) : []),
    ...(grafana ? [plainSecret(`${prefix}-grafana`, 'password', secretBytes)] : []),
    plainSecret(`${prefix}-ack-key`, 'key', secretBytes),
  ];
}

/** The Secret that the NATS server includes: public keys alone. null: there is no server of our own. */
export function publicKeysName({ prefix, nats }: InstallNeeds): string | null {
  return nats ? `${prefix}-nats-keys` : null;
}

/** What is in that Secret, from the seeds of all roles as they are. */
export function publicKeysData(prefix: string, stored: ReadonlyMap<string, SecretData>): SecretData {
  const lines = keyedRoles.map((role) => {
    const seed = stored.get(seedSecretName(prefix, role))?.['seed'] ?? '';
    return `${natsRoles[role]}: ${publicKeyOfSeed(seed.trim()) ?? ''}\n`;
  });
  return { 'keys.conf': `# Public keys; the seeds are in Secrets of their own.\n${lines.join('')}` };
}

function seedSecretName(prefix: string, role: KeyedRole): string {
  return `${prefix}-nats-${role}`;
}

function seedSecret(name: string): PlannedSecret {
  return {
    name,
    check: { seed: (text) => (publicKeyOfSeed(text.trim()) === null ? 'is no NKey seed of a user' : null) },
    make: () => ({ seed: `${createNkeyPair().seed}\n` }),
  };
}

function postgresSecret(name: string, { host, port, database, user }: DatabaseAddress): PlannedSecret {
  return {
    name,
    check: { password: present, url: present },
    make: (random) => {
      // Letters, digits, - and _ alone: the same text in the file and in the URL.
      const password = Buffer.from(random(secretBytes)).toString('base64url');
      return { password, url: `postgres://${user}:${password}@${host}:${port}/${database}` };
    },
  };
}

function stateServiceSecrets(prefix: string): readonly PlannedSecret[] {
  const keySecret = (name: string): PlannedSecret => ({
    name,
    check: { key: present },
    make: (random) => ({ key: createApiKey(random) }),
  });
  return [
    plainSecret(`${prefix}-pepper`, 'pepper', pepperBytes),
    keySecret(`${prefix}-admin-api-key`),
    keySecret(`${prefix}-operator-api-key`),
  ];
}

function plainSecret(name: string, key: string, length: number): PlannedSecret {
  return {
    name,
    check: { [key]: present },
    make: (random) => ({ [key]: Buffer.from(random(length)).toString('base64') }),
  };
}

function createApiKey(random: RandomBytes): string {
  // The last digits of 256 random bits: the first are not equally likely.
  const id = encodeSecret(random(secretBytes)).slice(-keyIdLength);
  return formatKey({ id, secret: encodeSecret(random(secretBytes)) });
}

function present(text: string): string | null {
  return text.trim() === '' ? 'is empty' : null;
}
