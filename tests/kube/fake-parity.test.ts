/**
 * The fake answers as the real API server does: some hundreds of drawn writes, each to both, with the same answer and the same object,
 * owners included, after it. Known to differ: the fake checks no schema, and does not follow who owns a map as a whole. The seed is
 * fixed: what another one finds is a case for the contract, and must not stop others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { widgetResource } from '@sluice/testkit/kube/fake/widget-resource.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeAnswer, KubeClient, KubeRequest } from '@sluice/testkit/kube/kube-client.ts';
import type { KubeObject } from '@sluice/testkit/kube/kube-object.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import * as fc from 'fast-check';
import { anyWrite, type WidgetWrite } from './widget-writes.ts';

const crd = fileURLToPath(new URL('fixtures/widgets.crd.yaml', import.meta.url));
const skip = await whyNoKubeApi();
const seed = 20_261_127;
const head = { apiVersion: 'testing.sluice.dev/v1', kind: 'Widget' };

/** One of the two servers, with a namespace for one sequence of writes. */
interface Side {
  readonly client: KubeClient;
  readonly namespace: string;
}

function pathOf({ namespace }: Side): string {
  return `/apis/${head.apiVersion}/namespaces/${namespace}/widgets`;
}

function requestOf(write: WidgetWrite, current: KubeObject): KubeRequest {
  const { verb, manager, isDryRun } = write;
  const query = { fieldManager: manager, ...(isDryRun ? { dryRun: 'All' } : {}) };
  const { metadata = {}, ...content } = write.body;
  const named = { ...head, metadata: { name: 'one', ...metadata }, ...content };
  switch (verb) {
    case 'create':
      return { method: 'POST', query, body: named };
    case 'replace': {
      const { resourceVersion } = current.metadata;
      return { method: 'PUT', query, body: { ...named, metadata: { ...named.metadata, resourceVersion } } };
    }
    case 'merge':
      return { method: 'PATCH', query, contentType: 'application/merge-patch+json', body: write.body };
    case 'apply': {
      const force = String(write.isForced);
      return { method: 'PATCH', query: { ...query, force }, contentType: 'application/apply-patch+yaml', body: named };
    }
    case 'delete':
      return { method: 'DELETE', query: isDryRun ? { dryRun: 'All' } : {} };
  }
}

async function send(side: Side, write: WidgetWrite): Promise<KubeAnswer> {
  const path = pathOf(side);
  const { body: current } = await side.client.send(`${path}/one`);
  const at = write.verb === 'create' ? path : `${path}/one${write.isAtStatus ? '/status' : ''}`;
  return await side.client.send(at, requestOf(write, current));
}

/** The leaves of a tree of managedFields; who owns a map as a whole is not followed by the fake. */
function leavesOf(tree: object, path = ''): readonly string[] {
  const children = Object.entries(tree).filter(([segment]) => segment !== '.') as [string, object][];
  if (children.length > 0) return children.flatMap(([segment, child]) => leavesOf(child, `${path}/${segment}`));
  return /\/f:(spec|status|metadata|labels|options|finalizers|conditions)$/.test(path) || path === '' ? [] : [path];
}

/** What both must agree on. */
function viewOf({ status, body }: KubeAnswer): object {
  if (status >= 300) return { status, reason: body['reason'] };
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _made, namespace: _in, ...rest } = body.metadata;
  const { deletionTimestamp, managedFields = [], ...metadata } = rest as KubeObject['metadata'];
  const owners = managedFields
    .map(({ manager, operation, subresource = '', fieldsV1 = {} }) => ({
      owner: `${manager} ${operation} ${subresource}`,
      fields: leavesOf(fieldsV1).toSorted(),
    }))
    .filter(({ fields }) => fields.length > 0)
    .toSorted((a, b) => (a.owner < b.owner ? -1 : 1));
  const isStatus = body.kind === 'Status';
  const content = isStatus ? { status: body['status'] } : { ...body, metadata: { ...metadata, owners } };
  return { status, content, isBeingDeleted: deletionTimestamp !== undefined };
}

async function compare(sides: readonly [Side, Side], writes: readonly WidgetWrite[]): Promise<void> {
  for (const [index, write] of writes.entries()) {
    const what = `write ${index} of ${JSON.stringify(writes)}`;
    const real = await send(sides[0], write);
    // The fake checks no schema.
    if (/Required value|must be of type/.test(String(real.body['message']))) return;
    const fake = await send(sides[1], write);
    assert.deepEqual(viewOf(fake), viewOf(real), `${what}: ${String(real.body['message'])}`);
    const [kept, held] = await Promise.all(sides.map(async (side) => await side.client.send(`${pathOf(side)}/one`)));
    assert.ok(kept !== undefined && held !== undefined);
    assert.deepEqual(viewOf(held), viewOf(kept), `after ${what}`);
  }
}

async function removeFrom(side: Side): Promise<void> {
  const contentType = 'application/merge-patch+json';
  const body = { metadata: { finalizers: null } };
  await side.client.send(`${pathOf(side)}/one`, { method: 'PATCH', contentType, body });
  await side.client.send(`${pathOf(side)}/one`, { method: 'DELETE' });
}

test('the fake answers drawn writes as the real API server does', { skip }, async (t) => {
  const api = await sharedKubeApi();
  await api.installCrds(crd);
  const fake = await startFakeKube(t, { resources: [widgetResource] });
  const namespace = await api.createNamespace(t);
  const real: Side = { client: api.client, namespace };
  await fc.assert(
    fc.asyncProperty(fc.array(anyWrite, { minLength: 4, maxLength: 10 }), async (writes) => {
      const other: Side = { client: fake.client, namespace: await fake.createNamespace() };
      try {
        await compare([real, other], writes);
      } finally {
        await removeFrom(real);
      }
    }),
    { numRuns: 120, seed, endOnFailure: true },
  );
});
