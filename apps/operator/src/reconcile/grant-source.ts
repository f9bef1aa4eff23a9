/** ReferenceGrants of every version that the cluster serves, as one. */
import type { Informer } from '@sluice/kube/port/informer.ts';
import type { ReferenceGrantObject } from '../specs/kube-objects.ts';
import { byNamespace, type GrantSource } from './routing-caches.ts';

export function createGrantSource(versions: readonly Informer<ReferenceGrantObject>[]): GrantSource {
  return {
    // A grant that is served in two versions is found twice, and grants no more for it.
    inNamespace: (namespace) => versions.flatMap(({ store }) => store.byIndex(byNamespace, namespace)),
    onChange: (listener) => {
      for (const informer of versions) {
        informer.onChange((_key, before, after) => listener((after ?? before)?.metadata.namespace ?? ''));
      }
    },
    whenSynced: async (signal) => {
      await Promise.all(versions.map(async (informer) => await informer.whenSynced(signal)));
    },
  };
}
