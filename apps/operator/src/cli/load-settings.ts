/** What options name in files, read before anything is opened: an operator that cannot have what it was told does not start. */
import { type KubeConfigSource, loadKubeConfig } from '@sluice/kube/client/kube-config-source.ts';
import { readSettingsFile } from '@sluice/runtime/command/read-settings-file.ts';
import { createHttpStateApi } from '../users/http-state-api.ts';
import type { StateApi } from '../users/state-api.ts';
import type { KubeOptions, RunOptions, StateOptions } from './parse-arguments.ts';

/** Mounted into every pod that may speak to the API server. */
const podNamespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Rejects with SettingsError. */
export async function loadLeaseNamespace({ leaseNamespace, kube }: RunOptions): Promise<string> {
  if (leaseNamespace !== null) return leaseNamespace;
  if (kube.kubeconfig !== null) return 'default';
  return (await read(podNamespaceFile, 'the namespace of the pod (give --lease-namespace)')).trim();
}

/** Rejects with SettingsError when a file is missing now; the key is read again for each request, as it may be renewed. */
export async function openStateApi({ url, caFile, keyFile }: StateOptions): Promise<StateApi> {
  const ca = caFile === null ? null : await read(caFile, 'the certification authority of the state service');
  const readKey = async (): Promise<string> => (await read(keyFile, 'the API key of the state service')).trim();
  await readKey();
  return createHttpStateApi({ url: new URL(url), ca, readKey });
}

/** Throws a KubeConfigError when it cannot be used now; it is read again for each connection, as it may be renewed. */
export function checkedKubeSource(options: KubeOptions): KubeConfigSource {
  const source = kubeSourceOf(options);
  loadKubeConfig(source);
  return source;
}

function kubeSourceOf({ kubeconfig, context }: KubeOptions): KubeConfigSource {
  if (kubeconfig === null) return { kind: 'InCluster' };
  return { kind: 'File', path: kubeconfig, ...(context === null ? {} : { context }) };
}

async function read(path: string, what: string): Promise<string> {
  return (await readSettingsFile(path, what)).toString('utf8');
}
