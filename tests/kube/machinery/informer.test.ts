/** The informer through what happens to a real API server: restarts, a stop in the middle, a past that is gone. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import type { Informer } from '@sluice/kube/port/informer.ts';
import { createInformer } from '@sluice/kube/reflector/create-informer.ts';
import type { ReflectorPacing } from '@sluice/kube/reflector/reflector.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type OwnKubeApi, startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type Machinery, openMachinery, type Widget, widgetCrd, widgets } from './machinery-scene.ts';
import { openRelay, type Relay } from './relay.ts';

const skip = await whyNoKubeApi();
/** The server may be away for ten seconds, and our backoff has grown by then. */
const patient = { timeoutMs: 60_000, intervalMs: 50 };

interface Scene {
  readonly api: OwnKubeApi;
  readonly namespace: string;
  readonly machinery: Machinery;
  readonly informer: Informer<Widget>;
  readonly changes: string[];
  /** `kubectl`'s part: straight to the server, not through what is tested. */
  readonly put: (name: string, size: number) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  readonly contents: () => string[];
  /** Between the informer and the server. */
  readonly relay: Relay;
}

async function openScene(t: CleanupScope, pacing: Partial<ReflectorPacing>): Promise<Scene> {
  const api = await startKubeApi(t, { nodes: 1 });
  await api.installCrds(widgetCrd);
  const namespace = await api.createNamespace(t);
  const relay = await openRelay(t, Number(new URL(api.server).port));
  const path = join(await createTemporaryDirectory(t), 'kubeconfig');
  const kubeconfig = await readFile(api.kubeconfigPath, 'utf8');
  await writeFile(path, kubeconfig.replace(api.server, `https://127.0.0.1:${relay.port}`));
  const machinery = openMachinery(t, path);
  const { client, metrics } = machinery;
  const informer = createInformer(
    { resource: widgets, namespaces: [namespace], pacing },
    { client, clock: systemClock, metrics: metrics.reflector, onError: () => {} },
  );
  t.after(() => informer.stop());
  const changes: string[] = [];
  informer.onChange((key, before, after) => {
    changes.push(`${key.split('/')[1]}:${before?.spec?.size ?? '-'}->${after?.spec?.size ?? '-'}`);
  });
  const collection = `/apis/testing.sluice.dev/v1/namespaces/${namespace}/widgets`;
  const put = async (name: string, size: number): Promise<void> => {
    const body = { apiVersion: 'testing.sluice.dev/v1', kind: 'Widget', metadata: { name }, spec: { size } };
    const options = { method: 'PATCH', contentType: 'application/apply-patch+yaml', body } as const;
    await api.client.call(`${collection}/${name}`, { ...options, query: { fieldManager: 'test', force: 'true' } });
  };
  const remove = async (name: string): Promise<void> => {
    await api.client.call(`${collection}/${name}`, { method: 'DELETE' });
  };
  const contents = (): string[] =>
    [...informer.store.values()].map(({ metadata, spec }) => `${metadata.name}=${spec?.size}`).toSorted();
  await put('x', 1);
  informer.start();
  await informer.whenSynced(AbortSignal.timeout(30_000));
  return { api, namespace, machinery, informer, changes, put, remove, contents, relay };
}

test('follows changes, and what they were through a restart of the API server, without listing anew for nothing', {
  skip,
}, async (t) => {
  const { api, put, remove, contents, changes } = await openScene(t, {});
  await put('y', 1);
  await put('x', 2);
  await remove('y');
  await eventually(() => assert.deepEqual(contents(), ['x=2']));
  assert.deepEqual(changes, ['x:-->1', 'y:-->1', 'x:1->2', 'y:1->-']);
  await api.kill();
  await api.start();
  await put('z', 3);
  await eventually(() => assert.deepEqual(contents(), ['x=2', 'z=3']), patient);
  assert.equal(changes.at(-1), 'z:-->3');
});

test('finds what was deleted behind a cut wire, in a past that was compacted away', { skip }, async (t) => {
  const { api, put, remove, contents, machinery, namespace, relay } = await openScene(t, {});
  await put('gone', 1);
  await eventually(() => assert.deepEqual(contents(), ['gone=1', 'x=1']));
  relay.cut();
  await remove('gone');
  await put('new', 2);
  const newest = await api.client.call(`/apis/testing.sluice.dev/v1/namespaces/${namespace}/widgets`);
  await api.compactEtcd(newest.metadata.resourceVersion);
  await api.restart();
  relay.mend();
  await eventually(() => assert.deepEqual(contents(), ['new=2', 'x=1']), patient);
  assert.match(await machinery.samples('reflector_lists_total'), /reason="Expired"\} 1$/m);
});

test('notices that the API server stands still, and catches up when it goes on', { skip }, async (t) => {
  const { api, put, contents, informer, machinery } = await openScene(t, { silenceMs: 2_000 });
  api.pause();
  await eventually(() => assert.ok(informer.sinceAnswerMs() > 2_500), patient);
  await eventually(async () => {
    assert.match(await machinery.samples('reflector_errors_total'), /reason="Silent"\} [1-9]/);
  }, patient);
  assert.deepEqual(contents(), ['x=1']);
  api.resume();
  await put('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['x=1', 'y=2']), patient);
  assert.ok(informer.sinceAnswerMs() < 60_000);
});
