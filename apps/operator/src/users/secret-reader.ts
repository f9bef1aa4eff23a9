/** Reads the Secrets that ProxyUsers name, one by one: none is listed, watched or kept. */
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import { isForbidden, isNotFound } from '@sluice/kube/port/kube-error.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import { type SecretObject, type SecretReading, type SecretReadings, secretNames } from './secret-refs.ts';

const secrets: Resource<SecretObject> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
};

/** In the order of the spec. Rejects when the API server cannot be asked. */
export async function readSecrets(
  client: Pick<KubeClient, 'get'>,
  { spec, namespace }: { readonly spec: ProxyUserSpec; readonly namespace: string },
  signal: AbortSignal,
): Promise<SecretReadings> {
  const readings = new Map<string, SecretReading>();
  for (const name of secretNames(spec)) readings.set(name, await readOne(client, { namespace, name }, signal));
  return readings;
}

async function readOne(
  client: Pick<KubeClient, 'get'>,
  name: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<SecretReading> {
  try {
    return { kind: 'Found', secret: await client.get(secrets, name, { signal }) };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'Missing' };
    if (isForbidden(error)) return { kind: 'Forbidden' };
    throw error;
  }
}
