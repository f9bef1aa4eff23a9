/** `namespace/name`, or `name` of an object of cluster scope: neither part can hold a slash. */
import type { ObjectKey } from '../port/informer.ts';
import type { ObjectName } from '../port/kube-object.ts';

export function objectKey({ namespace, name }: ObjectName): ObjectKey {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
