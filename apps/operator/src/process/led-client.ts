/**
 * Writes of a leader: each is sent only while the Lease is surely ours, looked at right before it is sent, after every wait. A process
 * that was stopped in the middle finds its Lease over by the clock before anything has told it so.
 */
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';

export type LedClient = Pick<KubeClient, 'get' | 'list' | 'apply' | 'patch'>;

export function createLedClient(client: LedClient, isLeader: () => boolean): LedClient {
  return {
    get: async (...args) => await client.get(...args),
    list: async (...args) => await client.list(...args),
    apply: async (resource, object, options) => await client.apply(resource, object, { ...options, maySend: isLeader }),
    patch: async (resource, name, patch, options) =>
      await client.patch(resource, name, patch, { ...options, maySend: isLeader }),
  };
}
