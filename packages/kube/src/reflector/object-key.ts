/** `namespace/name`, or `name` of an object of cluster scope: neither part can hold a slash. */
import type { ObjectKey } from '../port/informer.ts';
import type { ObjectName } from '../port/kube-object.ts';

export function objectKey({ namespace, name }: ObjectName): ObjectKey {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function parseObjectKey(key: ObjectKey): ObjectName {
  const slash = key.indexOf('/');
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
