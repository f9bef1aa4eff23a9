/**
 * What a user was made from, as the state service keeps it with the user: the object, its generation, and the Secrets with their
 * versions. Never what is in a Secret, nor a digest of that. Pure.
 */
import type { SluiceObject } from '../specs/kube-objects.ts';
import { isRetained } from './proxy-users.ts';

export interface SecretVersion {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Raised when the same spec would be put in another way. */
const mapping = 'v1';

/** So that whoever finds the user without its object knows that it was to stay. */
const retained = 'retain';

export function managedRevision(object: SluiceObject, secrets: readonly SecretVersion[]): string {
  const policy = isRetained(object) ? [retained] : [];
  const versions = secrets.map(({ uid, resourceVersion }) => `${uid}:${resourceVersion}`);
  return [specPartOf(object), ...policy, ...versions].join('/');
}

export function isRetainedRevision(revision: string | undefined): boolean {
  return revision?.split('/').includes(retained) === true;
}

/** Whether `revision` was made from this very spec, of whatever Secrets. */
export function isOfThisSpec(revision: string | undefined, object: SluiceObject): boolean {
  const part = specPartOf(object);
  return revision === part || revision?.startsWith(`${part}/`) === true;
}

function specPartOf({ metadata }: SluiceObject): string {
  return `${metadata.uid ?? ''}/${metadata.generation ?? 0}/${mapping}`;
}
