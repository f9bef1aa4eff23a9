/**
 * A finalizer by server-side apply under a field manager of its own: what others put into the list stays, and nothing is read
 * before. The uid keeps an object that is gone meanwhile from being created anew.
 */
import type { KubeClient } from '../port/kube-client.ts';
import { isConflict, isNotFound } from '../port/kube-error.ts';
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export interface FinalizerChange {
  readonly finalizer: string;
  /** For this finalizer alone: `sluice-operator/finalizer`. */
  readonly fieldManager: string;
  readonly isWanted: boolean;
}

/** False: nothing was written, since it is so already or the object is gone. */
export async function setFinalizer<T extends KubeObject>(
  client: Pick<KubeClient, 'apply'>,
  resource: Resource<T>,
  object: T,
  change: FinalizerChange & { readonly signal: AbortSignal },
): Promise<boolean> {
  const { name, namespace, uid, finalizers = [], deletionTimestamp } = object.metadata;
  const { finalizer, fieldManager, isWanted, signal } = change;
  // The API server refuses new finalizers on what is being deleted.
  if (finalizers.includes(finalizer) === isWanted || (isWanted && deletionTimestamp !== undefined)) return false;
  if (uid === undefined) throw new TypeError(`${resource.kind} ${name} is not from the API server: it has no uid`);
  const metadata = { name, uid, ...(namespace === undefined ? {} : { namespace }) };
  const applied = { metadata: isWanted ? { ...metadata, finalizers: [finalizer] } : metadata };
  try {
    await client.apply(resource, applied, { fieldManager, force: true, signal });
    return true;
  } catch (error) {
    // Gone, or another of that name by now: its uid is not ours.
    if (isNotFound(error) || (isConflict(error) && !isWanted)) return false;
    throw error;
  }
}
