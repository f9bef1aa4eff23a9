/**
 * The Kubernetes API server that all files of a test run share: the test runner starts it and names its state folder in
 * SLUICE_KUBE_STATE. A file that is run by hand starts one, which ends with the process. A test takes a namespace of its own and
 * breaks nothing; whoever has to break something uses `startKubeApi`.
 */
import { findKubePrograms } from './find-kube-programs.ts';
import { KubeApi } from './kube-api.ts';
import { serveKube } from './serve-kube.ts';

/** The name of the variable that names the state folder of a server that runs already. */
export const kubeStateVariable = 'SLUICE_KUBE_STATE';

async function openShared(): Promise<KubeApi> {
  const programs = await findKubePrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  // A test has no main.ts that could be told.
  const stateDirectory = process.env[kubeStateVariable] ?? (await serveKube(programs)).stateDirectory;
  return new KubeApi(programs, stateDirectory);
}

let shared: Promise<KubeApi> | undefined;

/** Resolves when the server serves. Ask `whyNoKubeApi` first whether there can be one. */
export async function sharedKubeApi(): Promise<KubeApi> {
  shared ??= openShared();
  return await shared;
}
