/** The client, and what is built on server-side apply, on a real API server. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createStatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import { conditionTime, mergeConditions } from '@sluice/kube/apply/merge-conditions.ts';
import { setFinalizer } from '@sluice/kube/apply/set-finalizer.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { createEventRecorder } from '@sluice/kube/events/create-event-recorder.ts';
import { isConflict, isExpired, isForbidden, isNotFound, KubeApiError } from '@sluice/kube/port/kube-error.ts';
import { listAll } from '@sluice/kube/reflector/list-all.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { openMachinery, type Widget, widgetCrd, widgets } from './machinery-scene.ts';

const skip = await whyNoKubeApi();
const { signal } = new AbortController();

interface Scene {
  readonly namespace: string;
  readonly machinery: ReturnType<typeof openMachinery>;
}

async function openScene(t: { after(close: () => void | Promise<void>): void }): Promise<Scene> {
  const api = await sharedKubeApi();
  await api.installCrds(widgetCrd);
  return { namespace: await api.createNamespace(t), machinery: openMachinery(t, api.kubeconfigPath) };
}

function widget(namespace: string, name: string, size = 1): Widget {
  return { metadata: { namespace, name }, spec: { size } };
}

test('creates, reads, replaces and deletes, each under its conditions', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const created = await client.create(widgets, widget(namespace, 'x'));
  await assert.rejects(client.create(widgets, widget(namespace, 'x')), KubeApiError);
  const replaced = await client.replace(widgets, { ...created, spec: { size: 2 } });
  const stale = await client.replace(widgets, { ...created, spec: { size: 3 } }).catch((error: unknown) => error);
  assert.ok(isConflict(stale), String(stale));
  assert.equal((await client.get(widgets, created.metadata)).spec?.size, 2);
  const other = await client.delete(widgets, created.metadata, { uid: 'another' }).catch((error: unknown) => error);
  assert.ok(isConflict(other), String(other));
  await client.delete(widgets, created.metadata, { uid: replaced.metadata.uid ?? '', propagation: 'Background' });
  assert.ok(isNotFound(await client.get(widgets, created.metadata).catch((error: unknown) => error)));
  const refused = await client
    .create(widgets, { ...widget(namespace, 'y'), spec: { size: -1 } })
    .catch((error: unknown) => error);
  assert.ok(refused instanceof KubeApiError);
  assert.deepEqual([refused.status, refused.reason, refused.causes[0]?.field], [422, 'Invalid', 'spec.size']);
});

test('patches by merge and by operations that guard themselves', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const { metadata } = await client.create(widgets, widget(namespace, 'x'));
  const merged = await client.patch(widgets, metadata, { kind: 'Merge', body: { spec: { color: 'red' } } });
  assert.deepEqual(merged.spec, { size: 1, color: 'red' });
  const operations = (size: number): readonly Record<string, unknown>[] => [
    { op: 'test', path: '/spec/size', value: size },
    { op: 'replace', path: '/spec/size', value: 9 },
  ];
  await assert.rejects(client.patch(widgets, metadata, { kind: 'Json', operations: operations(5) }), KubeApiError);
  const dry = await client.patch(widgets, metadata, { kind: 'Json', operations: operations(1) }, { dryRun: true });
  assert.equal(dry.spec?.size, 9);
  assert.equal((await client.get(widgets, metadata)).spec?.size, 1);
});

test('applies its own fields, hears who owns the others, and creates nothing under a uid', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const metadata = { namespace, name: 'x' };
  await client.apply(widgets, { metadata, spec: { size: 1 } }, { fieldManager: 'one', force: false });
  const contested = await client
    .apply(widgets, { metadata, spec: { size: 2 } }, { fieldManager: 'two', force: false })
    .catch((error: unknown) => error);
  assert.ok(isConflict(contested));
  assert.match(String(contested), /conflict with "one"/);
  const forced = await client.apply(widgets, { metadata, spec: { size: 2 } }, { fieldManager: 'two', force: true });
  assert.equal(forced.spec?.size, 2);
  const uid = forced.metadata.uid ?? '';
  await client.delete(widgets, metadata);
  const late = await client
    .apply(widgets, { metadata: { ...metadata, uid } }, { fieldManager: 'two', force: true })
    .catch((error: unknown) => error);
  assert.ok(isConflict(late), String(late));
  assert.ok(isNotFound(await client.get(widgets, metadata).catch((error: unknown) => error)));
});

test('writes a status once, keeps its times, and leaves no trace of a second time', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const created = await client.create(widgets, widget(namespace, 'x'));
  const writer = createStatusWriter({ resource: widgets, fieldManager: 'machinery/status' }, client);
  const observed = [{ type: 'Ready', status: 'True', reason: 'Fine', message: '', observedGeneration: 1 }] as const;
  const conditions = mergeConditions([], observed, conditionTime(Date.UTC(2030, 0, 1)));
  assert.equal(await writer.write(created, { observedGeneration: 1, conditions }, signal), 'Written');
  const written = await client.get(widgets, created.metadata);
  assert.deepEqual(written.status, { observedGeneration: 1, conditions });
  assert.equal(written.metadata.generation, 1);

  const again = mergeConditions(conditions, observed, conditionTime(Date.UTC(2031, 0, 1)));
  assert.equal(await writer.write(written, { observedGeneration: 1, conditions: again }, signal), 'Unchanged');
  // A process that was started anew remembers nothing; and even an apply that is sent changes nothing.
  const status = { observedGeneration: 1, conditions: again };
  await client.apply(
    widgets,
    { metadata: { namespace, name: 'x' }, status },
    { subresource: 'status', fieldManager: 'machinery/status', force: true },
  );
  const after = await client.get(widgets, created.metadata);
  assert.equal(after.metadata.resourceVersion, written.metadata.resourceVersion);
  await client.delete(widgets, created.metadata);
  assert.equal(await writer.write(after, { observedGeneration: 2, conditions }, signal), 'Gone');
});

test("puts a finalizer beside another's, takes its own off, and lets a deletion end", { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const change = { finalizer: 'testing.sluice.dev/mine', fieldManager: 'machinery/finalizer', signal };
  const metadata = { namespace, name: 'x', finalizers: ['testing.sluice.dev/other'] };
  const created = await client.create(widgets, { metadata });
  assert.equal(await setFinalizer(client, widgets, created, { ...change, isWanted: true }), true);
  const held = await client.get(widgets, metadata);
  assert.deepEqual(held.metadata.finalizers?.toSorted(), ['testing.sluice.dev/mine', 'testing.sluice.dev/other']);
  assert.equal(await setFinalizer(client, widgets, held, { ...change, isWanted: true }), false);
  await client.delete(widgets, metadata);
  const ending = await client.get(widgets, metadata);
  assert.notEqual(ending.metadata.deletionTimestamp, undefined);
  assert.equal(await setFinalizer(client, widgets, ending, { ...change, isWanted: false }), true);
  assert.deepEqual((await client.get(widgets, metadata)).metadata.finalizers, ['testing.sluice.dev/other']);
  await client.patch(widgets, metadata, { kind: 'Merge', body: { metadata: { finalizers: null } } });
  assert.ok(isNotFound(await client.get(widgets, metadata).catch((error: unknown) => error)));
  assert.equal(await setFinalizer(client, widgets, ending, { ...change, isWanted: false }), false);
});

test('takes its finalizer off whoever else put it there too, as a restored backup does', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const change = { finalizer: 'testing.sluice.dev/mine', fieldManager: 'machinery/finalizer', signal };
  const metadata = { namespace, name: 'restored', finalizers: [change.finalizer, 'testing.sluice.dev/other'] };
  const created = await client.create(widgets, { metadata }, { fieldManager: 'restorer' });
  assert.equal(await setFinalizer(client, widgets, created, { ...change, isWanted: false }), true);
  const released = await client.get(widgets, metadata);
  assert.deepEqual(released.metadata.finalizers, ['testing.sluice.dev/other']);
  assert.equal(await setFinalizer(client, widgets, created, { ...change, isWanted: false }), false, 'it was older');
  await client.patch(widgets, metadata, { kind: 'Merge', body: { metadata: { finalizers: null } } });
});

test('lists page by page what one page does not hold', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client } = machinery;
  const names = Array.from({ length: 23 }, (_, n) => `x${n}`);
  await Promise.all(names.map((name) => client.create(widgets, widget(namespace, name))));
  let pages = 0;
  const onPage = (): void => {
    pages += 1;
  };
  const list = await listAll(client, widgets, { namespace, signal, pageSize: 5, deadlineMs: 30_000, onPage });
  assert.equal(pages, 5);
  assert.deepEqual(list.items.map(({ metadata }) => metadata.name).toSorted(), names.toSorted());
  assert.equal(list.items[0]?.kind, 'Widget');
});

test('hears that a version is too old, in the stream', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const options = { namespace, resourceVersion: '1', timeoutSeconds: 30, signal };
  for await (const event of machinery.client.watch(widgets, options)) {
    if (event.type === 'Opened') continue;
    assert.ok(event.type === 'Error' && isExpired(event.error));
  }
});

test('is a ServiceAccount by the token in a file, also after the file was renewed', { skip }, async (t) => {
  const { namespace } = await openScene(t);
  const api = await sharedKubeApi();
  await api.kubectl(['create', 'serviceaccount', 'robot', '--namespace', namespace]);
  const directory = await createTemporaryDirectory(t);
  const writeToken = async (token: string): Promise<void> => {
    await writeFile(join(directory, 'next'), `${token}\n`);
    await rename(join(directory, 'next'), join(directory, 'token'));
  };
  await writeToken('expired-long-ago');
  const path = join(directory, 'kubeconfig');
  const kubeconfig = {
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server: api.server, 'certificate-authority': api.caPath } }],
    users: [{ name: 'robot', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'robot' } }],
  };
  await writeFile(path, JSON.stringify(kubeconfig));
  const { client } = openMachinery(t, path);
  const unknown = await client.list(widgets, { namespace }).catch((error: unknown) => error);
  assert.ok(unknown instanceof KubeApiError && unknown.status === 401, String(unknown));
  await writeToken(await api.createToken(namespace, 'robot'));
  const known = await client.list(widgets, { namespace }).catch((error: unknown) => error);
  assert.ok(isForbidden(known), String(known));
  assert.match(String(known), new RegExp(`system:serviceaccount:${namespace}:robot`));
});

test('writes events that kubectl shows on their object, repeated ones with their count', { skip }, async (t) => {
  const { namespace, machinery } = await openScene(t);
  const { client, metrics } = machinery;
  const created = await client.create(widgets, widget(namespace, 'x'));
  const reporter = { controller: 'testing.sluice.dev/machinery', instance: 'machinery-0' };
  const recorder = createEventRecorder(reporter, { client, clock: systemClock, metrics: metrics.events });
  const note = 'proxy-1 refused it: the port is taken — ünïcode';
  for (let n = 0; n < 4; n += 1) {
    recorder.record(widgets, created.metadata, { type: 'Warning', reason: 'Rejected', action: 'Program', note });
  }
  await recorder.close(AbortSignal.timeout(30_000));
  const api = await sharedKubeApi();
  await eventually(async () => {
    const described = await api.kubectl(['describe', 'widget', 'x', '--namespace', namespace]);
    assert.match(described.stdout, /Warning +Rejected.*testing\.sluice\.dev\/machinery +proxy-1 refused it/);
  });
  const events = await api.kubectl(['get', 'events.events.k8s.io', '--namespace', namespace, '--output=json']);
  const { items } = JSON.parse(events.stdout) as {
    readonly items: readonly { readonly series?: { readonly count: number } }[];
  };
  assert.equal(items.length, 1);
  assert.equal(items[0]?.series?.count, 4);
});
