/**
 * Makes the Secrets that are missing, once: what is there is never replaced, however many of these run at a time. Only the
 * list of public keys follows the seeds when one of them was made anew.
 */
import { type InstallNeeds, type PlannedSecret, planSecrets, publicKeysData, publicKeysName } from './secret-plan.ts';
import type { RandomBytes, SecretData } from './secret-plan.ts';
import type { SecretStore } from './secret-store.ts';
import { UnusableSecretError } from './unusable-secret-error.ts';

export interface MakeSecretsDeps {
  readonly store: SecretStore;
  readonly random: RandomBytes;
  readonly signal: AbortSignal;
}

export interface MadeSecrets {
  readonly created: readonly string[];
  /** The list of public keys, if it followed a new seed. */
  readonly updated: readonly string[];
  readonly present: readonly string[];
}

/** Others that do the same at the same time; each round one of them gets on. */
const maxRounds = 10;

/** Rejects with UnusableSecretError, or with what the store rejects with. May be repeated. */
export async function makeSecrets(needs: InstallNeeds, deps: MakeSecretsDeps): Promise<MadeSecrets> {
  const stored = new Map<string, SecretData>();
  const outcome = { created: [] as string[], updated: [] as string[], present: [] as string[] };
  for (const planned of planSecrets(needs)) {
    const { data, isNew } = await ensureSecret(planned, deps);
    stored.set(planned.name, data);
    (isNew ? outcome.created : outcome.present).push(planned.name);
  }
  const keysName = publicKeysName(needs);
  if (keysName !== null) {
    outcome[await ensurePublicKeys(keysName, publicKeysData(needs.prefix, stored), deps)].push(keysName);
  }
  return outcome;
}

interface Ensured {
  readonly data: SecretData;
  readonly isNew: boolean;
}

async function ensureSecret(planned: PlannedSecret, { store, random, signal }: MakeSecretsDeps): Promise<Ensured> {
  for (let round = 0; round < maxRounds; round++) {
    const found = await store.read(planned.name, signal);
    if (found !== null) return { data: checked(planned, found.data), isNew: false };
    const data = planned.make(random);
    if (await store.create(planned.name, data, signal)) return { data, isNew: true };
  }
  throw new Error(`Secret ${planned.name} comes and goes: something deletes it; stop that and start again`);
}

function checked({ name, check }: PlannedSecret, data: SecretData): SecretData {
  for (const [key, problemOf] of Object.entries(check)) {
    const text = data[key];
    const problem = text === undefined ? 'is missing' : problemOf(text);
    if (problem !== null) throw new UnusableSecretError(name, key, problem);
  }
  return data;
}

async function ensurePublicKeys(
  name: string,
  data: SecretData,
  { store, signal }: MakeSecretsDeps,
): Promise<keyof MadeSecrets> {
  for (let round = 0; round < maxRounds; round++) {
    const found = await store.read(name, signal);
    if (found === null) {
      if (await store.create(name, data, signal)) return 'created';
      continue;
    }
    if (Object.entries(data).every(([key, text]) => found.data[key] === text)) return 'present';
    if (await store.replace(name, { ...found, data: { ...found.data, ...data } }, signal)) return 'updated';
  }
  throw new Error(`Secret ${name} changes all the time: something else writes it; stop that and start again`);
}
