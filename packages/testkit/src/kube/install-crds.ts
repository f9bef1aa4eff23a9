/**
 * Installs CRDs and waits until clients can use them: established, in discovery, and past the first moments in which the server
 * answers 429 "storage is (re)initializing" for a kind that it has just learnt.
 */
import assert from 'node:assert/strict';
import { eventually } from '../eventually.ts';
import type { CommandResult } from '../run-command.ts';
import type { KubeClient } from './kube-client.ts';

/** A KubeApi. */
interface CrdTarget {
  readonly client: KubeClient;
  kubectl(args: readonly string[]): Promise<CommandResult>;
}

interface AppliedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

const servedTimeoutMs = 60_000;

/** The answer of kubectl: one object, or a List of them. */
function readApplied(output: string): readonly AppliedObject[] {
  const answer = JSON.parse(output) as AppliedObject | { readonly items: readonly AppliedObject[] };
  return 'items' in answer ? answer.items : [answer];
}

async function waitUntilServed(api: CrdTarget, { spec }: AppliedObject): Promise<void> {
  for (const { name: version } of spec.versions.filter(({ served }) => served)) {
    const group = `/apis/${spec.group}/${version}`;
    await eventually(
      async () => {
        const discovery = (await api.client.call(group)) as unknown as ResourceList;
        assert.ok(discovery.resources?.some(({ name }) => name === spec.names.plural));
        const collection = `${group}/${spec.names.plural}`;
        await api.client.call(collection, { query: { limit: '1' } });
        // A list may be answered by etcd before there is a cache for watches.
        (await api.client.watch(collection)).close();
      },
      { timeoutMs: servedTimeoutMs, intervalMs: 50 },
    );
  }
}

/** `path`: a file or a folder of manifests; other kinds in it are applied too. */
export async function installCrds(api: CrdTarget, path: string): Promise<void> {
  const args = ['apply', '--server-side', '--force-conflicts', '--output=json', '--recursive', '--filename', path];
  const result = await api.kubectl(args);
  if (result.code !== 0) throw new Error(`the CRDs of ${path} were refused: ${result.stderr}`);
  const crds = readApplied(result.stdout).filter(({ kind }) => kind === 'CustomResourceDefinition');
  assert.ok(crds.length > 0, `${path} holds no CRD`);
  for (const crd of crds) await waitUntilServed(api, crd);
}
