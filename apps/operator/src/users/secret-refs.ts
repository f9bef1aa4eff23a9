/** The Secrets that a ProxyUser names, and what became of them. Pure. */
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { SecretVersion } from './managed-revision.ts';
import { readSecretText, type SecretText } from './secret-text.ts';

/** What is read of a Secret. */
export interface SecretObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export type SecretReading =
  | { readonly kind: 'Found'; readonly secret: SecretObject }
  | { readonly kind: 'Missing' }
  /** The operator may not read it. */
  | { readonly kind: 'Forbidden' };

export type SecretReadings = ReadonlyMap<string, SecretReading>;

export interface RefProblem {
  readonly reason: 'SecretNotFound' | 'SecretNotPermitted' | 'SecretUnusable';
  readonly message: string;
}

interface SecretRef {
  readonly name: string;
  readonly key: string;
}

type Holder = NonNullable<ProxyUserSpec['password']>;

/** Each once, in the order of the spec. */
export function secretNames(spec: ProxyUserSpec): readonly string[] {
  return [...new Set(holders(spec).flatMap(({ secretRef }) => (secretRef === undefined ? [] : [secretRef.name])))];
}

/** Of those found, in the order of `secretNames`. */
export function secretVersions(readings: SecretReadings): readonly SecretVersion[] {
  return [...readings].flatMap(([name, reading]) => {
    if (reading.kind !== 'Found') return [];
    const { uid = '', resourceVersion = '' } = reading.secret.metadata;
    return [{ name, uid, resourceVersion }];
  });
}

/** The first that cannot be used; null: all can. */
export function findRefProblem(spec: ProxyUserSpec, readings: SecretReadings): RefProblem | null {
  for (const { secretRef } of holders(spec)) {
    if (secretRef === undefined) continue;
    const problem = problemOf(secretRef, readings);
    if (problem !== null) return problem;
  }
  return null;
}

/** What a reference leads to; it has been found to be usable. */
export function secretTextOf({ name, key }: SecretRef, readings: SecretReadings): SecretText {
  const reading = readings.get(name);
  const encoded = reading?.kind === 'Found' ? reading.secret.data?.[key] : undefined;
  return encoded === undefined ? { kind: 'Unusable', problem: 'is not there' } : readSecretText(encoded);
}

function holders({ password, credentials = [] }: ProxyUserSpec): readonly Holder[] {
  return [...(password === undefined ? [] : [password]), ...credentials];
}

function problemOf(ref: SecretRef, readings: SecretReadings): RefProblem | null {
  const reading = readings.get(ref.name) ?? { kind: 'Missing' };
  if (reading.kind === 'Missing') {
    return { reason: 'SecretNotFound', message: `there is no Secret ${ref.name} in this namespace: create it` };
  }
  if (reading.kind === 'Forbidden') {
    const message = `the operator may not read the Secret ${ref.name}: its role needs get on secrets here`;
    return { reason: 'SecretNotPermitted', message };
  }
  if (reading.secret.data?.[ref.key] === undefined) {
    const message = `the Secret ${ref.name} has no key ${ref.key}: add it, or name another key`;
    return { reason: 'SecretNotFound', message };
  }
  const text = secretTextOf(ref, readings);
  if (text.kind !== 'Unusable') return null;
  return { reason: 'SecretUnusable', message: `key ${ref.key} of the Secret ${ref.name} ${text.problem}` };
}
