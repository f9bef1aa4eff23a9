/** The kind ProxyUser as the operator reads it, and the words of its metadata that the operator goes by. */
import { apiGroup, apiVersionName, proxyUserKind } from '@sluice/contract/resources/api-group.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';

export const proxyUsers: Resource<SluiceObject> = {
  group: apiGroup,
  version: apiVersionName,
  plural: proxyUserKind.plural,
  kind: proxyUserKind.kind,
  namespaced: true,
};

/** Index of the informer: ProxyUsers of one name, which are one user, whatever their namespaces. */
export const byUserName = 'userName';

export function userNameOf({ metadata }: SluiceObject): readonly string[] {
  return [metadata.name];
}

/** While there is a user in the state service to be removed, or given up. */
export const userFinalizer = `${apiGroup}/user`;

/** `Delete` unless given; `Retain` leaves the user in the state service, kept by nobody. */
const deletionPolicyAnnotation = `${apiGroup}/deletion-policy`;
/** `true`, or the tag of the very state that may be overwritten. */
export const overwriteAnnotation = `${apiGroup}/overwrite`;
/** `true`: a user that is there already, kept by nobody or another, becomes this one. */
export const adoptAnnotation = `${apiGroup}/adopt`;

export function isRetained({ metadata }: SluiceObject): boolean {
  return metadata.annotations?.[deletionPolicyAnnotation] === 'Retain';
}

export function mayAdopt({ metadata }: SluiceObject): boolean {
  return metadata.annotations?.[adoptAnnotation] === 'true';
}

export function mayOverwrite({ metadata }: SluiceObject, tag: string): boolean {
  const value = metadata.annotations?.[overwriteAnnotation];
  return value === 'true' || value === tag;
}

export function isHeld({ metadata }: SluiceObject): boolean {
  return metadata.finalizers?.includes(userFinalizer) === true;
}

export function isGoing({ metadata }: SluiceObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
