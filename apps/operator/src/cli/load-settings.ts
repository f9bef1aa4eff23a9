/** What options name in files, read before anything is opened: an operator that cannot have what it was told does not start. */
import { readFile } from 'node:fs/promises';
import type { KubeConfigSource } from '@sluice/kube/client/kube-config-source.ts';
import { createHttpStateApi } from '../users/http-state-api.ts';
import type { StateApi } from '../users/state-api.ts';
import type { KubeOptions, RunOptions, StateOptions } from './parse-arguments.ts';

/** A file that the command line names, or that the pod should have, cannot be used. */
export class SettingsError extends Error {
  readonly code = 'SLUICE_SETTINGS';
  override readonly name = 'SettingsError';
}

const minAckKeyBytes = 16;
/** Mounted into every pod that may speak to the API server. */
const podNamespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Rejects with SettingsError. null: acknowledgements are not signed. */
export async function loadAckKey(path: string | null): Promise<Uint8Array | null> {
  if (path === null) return null;
  const text = (await read(path, 'the acknowledgement key')).trim();
  if (text.length < minAckKeyBytes) throw new SettingsError(`${path} holds less than ${minAckKeyBytes} characters`);
  return Buffer.from(text);
}

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

export function kubeSourceOf({ kubeconfig, context }: KubeOptions): KubeConfigSource {
  if (kubeconfig === null) return { kind: 'InCluster' };
  return { kind: 'File', path: kubeconfig, ...(context === null ? {} : { context }) };
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`cannot read ${what}: ${reason}`, { cause });
  }
}
