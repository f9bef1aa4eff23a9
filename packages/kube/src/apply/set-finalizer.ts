/**
 * One finalizer on and off, beside those of others. It is put on by server-side apply under a field manager of its own, so that nothing has to be
 * read before; the uid keeps an object that is gone meanwhile from being created anew. It is taken off by a patch of the list: what a restored
 * backup or `kubectl apply` of a whole object brought belongs to their managers too, and an apply of ours would leave it.
 */
import type { KubeClient } from '../port/kube-client.ts';
import { isConflict, isNotFound } from '../port/kube-error.ts';
import type { KubeObject, ObjectMeta } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export interface FinalizerChange {
  readonly finalizer: string;
  /** For this finalizer alone: `sluice-operator/finalizer`. */
  readonly fieldManager: string;
  readonly isWanted: boolean;
}

type FinalizerClient = Pick<KubeClient, 'apply' | 'patch'>;
type Write = Omit<FinalizerChange, 'isWanted'> & { readonly signal: AbortSignal };

/** False: nothing was written, since it is so already, the object is gone, or it changed meanwhile and is to be looked at again. */
export async function setFinalizer<T extends KubeObject>(
  client: FinalizerClient,
  resource: Resource<T>,
  { metadata }: T,
  { isWanted, ...write }: FinalizerChange & { readonly signal: AbortSignal },
): Promise<boolean> {
  const { finalizers = [], deletionTimestamp } = metadata;
  // The API server refuses new finalizers on what is being deleted.
  if (finalizers.includes(write.finalizer) === isWanted || (isWanted && deletionTimestamp !== undefined)) return false;
  try {
    await (isWanted ? putOn(client, resource, metadata, write) : takeOff(client, resource, metadata, write));
    return true;
  } catch (error) {
    if (isNotFound(error) || (isConflict(error) && !isWanted)) return false;
    throw error;
  }
}

async function putOn(
  client: FinalizerClient,
  resource: Resource,
  { name, namespace, uid }: ObjectMeta,
  { finalizer, ...options }: Write,
): Promise<void> {
  if (uid === undefined) throw new TypeError(`${resource.kind} ${name} is not from the API server: it has no uid`);
  const metadata = { name, uid, ...(namespace === undefined ? {} : { namespace }), finalizers: [finalizer] };
  await client.apply(resource, { metadata }, { ...options, force: true });
}

/** A merge patch sets the list as a whole: the resource version keeps what others put into it meanwhile. */
async function takeOff(
  client: FinalizerClient,
  resource: Resource,
  { name, namespace, resourceVersion, finalizers = [] }: ObjectMeta,
  { finalizer, ...options }: Write,
): Promise<void> {
  if (resourceVersion === undefined) throw new TypeError(`${resource.kind} ${name} has no resourceVersion`);
  const left = finalizers.filter((one) => one !== finalizer);
  const body = { metadata: { resourceVersion, finalizers: left.length === 0 ? null : left } };
  const target = { name, ...(namespace === undefined ? {} : { namespace }) };
  await client.patch(resource, target, { kind: 'Merge', body }, options);
}
