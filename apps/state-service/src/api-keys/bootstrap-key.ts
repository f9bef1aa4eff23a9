/**
 * The keys that a service is started with: the first one, which lets an administrator in, from a file, or made when there is no
 * live key with `admin` yet; and the operator's, from a file. Starting again with the same file changes nothing; with another
 * key in the file the new one is added.
 */
import { readFile } from 'node:fs/promises';
import { LimitExceededError } from '../domain/state-error.ts';
import type { ApiKeyInput } from '../domain/api-key.ts';
import type { PostgresStateStore } from '../repositories/postgres-state-store.ts';
import type { PostgresWriteUnit } from '../repositories/postgres-write-unit.ts';
import { parseKey } from '@sluice/runtime/api-key-text.ts';

export type BootstrapResult =
  | { readonly kind: 'Present' }
  /** `secret` is to be shown once; null: whoever started the service has it in the file. */
  | { readonly kind: 'Created'; readonly id: string; readonly secret: string | null };

const context = { actor: 'bootstrap', requestId: 'bootstrap' };
const input: ApiKeyInput = {
  client: 'bootstrap',
  scopes: ['admin'],
  expiresAt: null,
  comment: 'made at the first start',
};

/** What the operator may do: keep users. It neither makes keys nor reads the audit. */
const operatorInput: ApiKeyInput = {
  client: 'operator',
  scopes: ['write'],
  expiresAt: null,
  comment: 'given to the operator at the start',
};

/** The file cannot be used; the message says why and repeats nothing of the key. */
export class BootstrapKeyError extends Error {
  readonly code = 'SLUICE_BOOTSTRAP_KEY';
  override readonly name = 'BootstrapKeyError';
}

/** Adds the key in the file, with scope `admin`, unless it is there. Rejects with BootstrapKeyError. */
export async function addBootstrapKey(store: PostgresStateStore, path: string): Promise<BootstrapResult> {
  return await addKey(store, { path, name: 'bootstrap key', input });
}

/** Adds the operator's key in the file unless it is there. Rejects with BootstrapKeyError. */
export async function addOperatorKey(store: PostgresStateStore, path: string): Promise<BootstrapResult> {
  return await addKey(store, { path, name: "operator's key", input: operatorInput });
}

interface KeyFile {
  readonly path: string;
  readonly name: string;
  readonly input: ApiKeyInput;
}

async function addKey(store: PostgresStateStore, { path, name, input: wanted }: KeyFile): Promise<BootstrapResult> {
  const parsed = parseKey((await readKeyFile(path, name)).trim());
  if (parsed.kind !== 'Key') {
    const reason =
      parsed.kind === 'Malformed' ? 'is not an API key (slc_…)' : 'has a wrong checksum: mistyped or cut off';
    throw new BootstrapKeyError(`the ${name} in ${path} ${reason}; copy it whole`);
  }
  const { parts } = parsed;
  return await store.write(context, async (unit): Promise<BootstrapResult> => {
    if ((await unit.apiKeys.find(parts.id)) !== null) return { kind: 'Present' };
    try {
      await unit.apiKeys.createFrom(parts, wanted);
    } catch (error) {
      if (!(error instanceof LimitExceededError)) throw error;
      throw new BootstrapKeyError(
        `the ${name} in ${path} would be the third live one of its client; revoke one of the others first`,
        { cause: error },
      );
    }
    return { kind: 'Created', id: parts.id, secret: null };
  });
}

/** Makes a key if no live one has the scope `admin`. */
export async function makeBootstrapKey(store: PostgresStateStore): Promise<BootstrapResult> {
  return await store.write(context, async (unit): Promise<BootstrapResult> => {
    if (await hasAdmin(unit)) return { kind: 'Present' };
    const { apiKey, secret } = await unit.apiKeys.create(input);
    return { kind: 'Created', id: apiKey.id, secret };
  });
}

async function hasAdmin(unit: PostgresWriteUnit): Promise<boolean> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof unit.apiKeys.list>> = await unit.apiKeys.list(
      { liveOnly: true },
      { after, limit: 500 },
    );
    if (page.rows.some(({ scopes }) => scopes.includes('admin'))) return true;
    after = page.next;
  } while (after !== null);
  return false;
}

async function readKeyFile(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BootstrapKeyError(`cannot read the ${name}: ${reason}`, { cause });
  }
}
