/**
 * What a kubelet does with a pod that the chart made, without a container: volumes from Secrets and ConfigMaps of the real API
 * server become files, arguments and environment are those of the manifest, and the program of this checkout is started on them.
 * Paths and addresses that only a container or a cluster has are rewritten, and nothing else.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { type ProgramOptions, ProgramProcess } from '@sluice/testkit/program-process.ts';
import type { Manifest } from './manifest.ts';

interface KeyToPath {
  readonly key: string;
  readonly path: string;
}

interface ObjectSource {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly KeyToPath[];
}

interface VolumeSource {
  readonly secret?: ObjectSource;
  readonly configMap?: ObjectSource;
}

interface Volume extends VolumeSource {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly VolumeSource[] };
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface KubeletPlace {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly directory: string;
  /** Text of files, arguments and environment: addresses of the cluster to addresses of this machine. */
  readonly rewrite: (text: string) => string;
}

export interface PodProgram {
  readonly command: string;
  /** Behind those of the manifest: what a container finds by itself. */
  readonly args?: readonly string[];
  /** A command line in front of it, such as one that enters a network namespace. */
  readonly prefix?: readonly string[];
}

/** A process that has not been started. */
export async function planPod(
  scope: CleanupScope,
  workload: Manifest,
  place: KubeletPlace,
  program: PodProgram,
): Promise<ProgramProcess> {
  const { template } = workload['spec'] as { readonly template: { readonly spec: PodSpec } };
  const container = template.spec.containers[0] ?? {};
  const root = join(place.directory, workload.metadata.name);
  const mounts = container.volumeMounts ?? [];
  const paths = mounts.map(({ mountPath }) => mountPath).toSorted((one, other) => other.length - one.length);
  // In one pass, the longest first: one path may begin with another.
  const anyPath = new RegExp(paths.map((path) => RegExp.escape(path)).join('|') || '$^', 'g');
  const rewrite = (text: string): string => place.rewrite(text).replaceAll(anyPath, (path) => join(root, path));
  for (const { name, mountPath } of mounts) {
    const volume = template.spec.volumes?.find((one) => one.name === name);
    await mkdir(join(root, mountPath), { recursive: true });
    if (volume !== undefined) await writeFiles(join(root, mountPath), await readVolume(volume, place), rewrite);
  }
  const env = (container.env ?? []).map((one) => [one.name, rewrite(valueOf(one, workload))] as const);
  const [, ...behindCommand] = container.command ?? [''];
  const args = [...behindCommand, ...(container.args ?? [])].map(rewrite);
  return new ProgramProcess(scope, { ...commandLine(program, args), env: Object.fromEntries(env) });
}

function commandLine(program: PodProgram, rendered: readonly string[]): Pick<ProgramOptions, 'command' | 'args'> {
  const args = [...rendered, ...(program.args ?? [])];
  const [first, ...others] = program.prefix ?? [];
  if (first === undefined) return { command: program.command, args };
  return { command: first, args: [...others, program.command, ...args] };
}

async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  rewrite: (text: string) => string,
): Promise<void> {
  for (const [file, text] of files) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, rewrite(text), { mode: 0o600 });
  }
}

function valueOf({ value, valueFrom }: EnvironmentVariable, workload: Manifest): string {
  if (valueFrom === undefined) return value ?? '';
  // A node without a zone has no such label, and the variable is empty.
  return valueFrom.fieldRef.fieldPath === 'metadata.name' ? `${workload.metadata.name}-0` : '';
}

async function readVolume(volume: Volume, place: KubeletPlace): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const source of volume.projected?.sources ?? [volume]) {
    for (const [file, text] of await readSource(source, place)) files.set(file, text);
  }
  return files;
}

async function readSource(
  { secret, configMap }: VolumeSource,
  place: KubeletPlace,
): Promise<ReadonlyMap<string, string>> {
  const source = secret ?? configMap;
  if (source === undefined) return new Map();
  const path = `/api/v1/namespaces/${place.namespace}/${secret === undefined ? 'configmaps' : 'secrets'}`;
  const object = await place.api.client.call(`${path}/${source.secretName ?? source.name}`);
  const data = (object['data'] ?? {}) as Readonly<Record<string, string>>;
  const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return new Map(
    items.map(({ key, path: file }) => {
      const text = data[key];
      if (text === undefined) throw new Error(`${path} has no key ${key}`);
      return [file, secret === undefined ? text : Buffer.from(text, 'base64').toString()];
    }),
  );
}
