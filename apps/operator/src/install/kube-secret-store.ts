/** Secrets of one namespace, through the API server: each by its name; never a list, never a watch. */
import { isAlreadyExists, isConflict, isNotFound } from '@sluice/kube/port/kube-error.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { KubeObject, ObjectMeta } from '@sluice/kube/port/kube-object.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { SecretData } from './secret-plan.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

export interface KubeSecretPlace {
  readonly namespace: string;
  /** Of the Secrets made here, so that they can be found and deleted together. */
  readonly labels: Readonly<Record<string, string>>;
}

interface SecretObject extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const secretResource: Resource<SecretObject> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
};
const fieldManager = 'sluice-operator/init-secrets';

export function createKubeSecretStore(
  { namespace, labels }: KubeSecretPlace,
  { client }: { readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'> },
): SecretStore {
  const objectOf = (metadata: ObjectMeta, data: SecretData): SecretObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  });
  return {
    async read(name, signal) {
      try {
        return storedOf(await client.get(secretResource, { name, namespace }, { signal }));
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async create(name, data, signal) {
      try {
        await client.create(secretResource, objectOf({ name, namespace, labels }, data), { signal, fieldManager });
        return true;
      } catch (error) {
        if (isAlreadyExists(error)) return false;
        throw error;
      }
    },
    async replace(name, { data, resourceVersion }, signal) {
      const metadata = { name, namespace, labels, resourceVersion };
      try {
        await client.replace(secretResource, objectOf(metadata, data), { signal, fieldManager });
        return true;
      } catch (error) {
        if (isConflict(error) || isNotFound(error)) return false;
        throw error;
      }
    },
  };
}

function storedOf({ metadata, data = {} }: SecretObject): StoredSecret {
  return {
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()])),
    resourceVersion: metadata.resourceVersion ?? '',
  };
}
