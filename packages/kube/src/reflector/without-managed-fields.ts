/** Drops what is often half of an object, and of use to the server alone. */
import type { KubeObject } from '../port/kube-object.ts';

export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
