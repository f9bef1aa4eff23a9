/** What the fake makes go wrong, as a client meets it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FakeRequest } from '../../src/kube/fake/fake-request.ts';
import { type FakeKube, startFakeKube } from '../../src/kube/fake/start-fake-kube.ts';
import { widgetResource } from '../../src/kube/fake/widget-resource.ts';
import { eventually } from '../../src/eventually.ts';
import { within } from '../../src/within.ts';

const widgets = '/apis/testing.sluice.dev/v1/namespaces/default/widgets';

async function start(t: TestContext, options: { readonly bookmarkIntervalMs?: number } = {}): Promise<FakeKube> {
  return await startFakeKube(t, { resources: [widgetResource], ...options });
}

async function create(kube: FakeKube, name: string): Promise<string> {
  const created = await kube.client.call(widgets, { method: 'POST', body: { metadata: { name }, spec: {} } });
  return created.metadata.resourceVersion;
}

function isVerb(verb: FakeRequest['verb']): (request: FakeRequest) => boolean {
  return (request) => request.verb === verb;
}

test('refuses as often as asked, with a Retry-After, and then no more', async (t) => {
  const kube = await start(t);
  const refusal = { kind: 'Refuse', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 2 } as const;
  const fault = kube.faults.add(isVerb('list'), refusal, 2);
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await kube.client.send(widgets);
    assert.deepEqual([answer.status, answer.headers['retry-after']], [429, '2']);
    assert.partialDeepStrictEqual(answer.body, { reason: 'TooManyRequests', details: { retryAfterSeconds: 2 } });
  }
  assert.equal((await kube.client.send(widgets)).status, 200);
  assert.equal(fault.hits, 2);
});

test('cuts the connection before a write or after it: only then it is done', async (t) => {
  const kube = await start(t);
  const before = kube.faults.add(isVerb('create'), { kind: 'ResetBefore' });
  await assert.rejects(create(kube, 'one'));
  before.remove();
  assert.deepEqual(kube.objects(widgetResource), []);
  kube.faults.add(isVerb('create'), { kind: 'ResetAfter' }, 1);
  await assert.rejects(create(kube, 'one'));
  assert.deepEqual(
    kube.objects(widgetResource).map(({ metadata }) => metadata.name),
    ['one'],
  );
});

test('cuts an answer in the middle, or answers with what is no JSON', async (t) => {
  const kube = await start(t);
  kube.faults.add(isVerb('list'), { kind: 'CutBody', afterBytes: 20 }, 1);
  await assert.rejects(kube.client.send(widgets), /aborted|socket hang up/);
  kube.faults.add(isVerb('list'), { kind: 'Garbage', body: '<html>' }, 1);
  assert.equal((await kube.client.send(widgets)).body['message'], '<html>');
});

test('lets a request wait, or never answers it', async (t) => {
  const kube = await start(t);
  kube.faults.add(isVerb('list'), { kind: 'Delay', ms: 200 }, 1);
  const startedMs = performance.now();
  await kube.client.send(widgets);
  assert.ok(performance.now() - startedMs >= 190);
  const hang = kube.faults.add(isVerb('get'), { kind: 'Hang' });
  const waiting = kube.client.send(`${widgets}/one`);
  waiting.catch(() => {}); // its connection ends with the fake
  await eventually(() => assert.equal(hang.hits, 1));
  await assert.rejects(within(100, 'an answer', waiting), /not within/);
});

test('lies in a list about what has changed since', async (t) => {
  const kube = await start(t);
  const old = await create(kube, 'one');
  await create(kube, 'two');
  kube.faults.add(isVerb('list'), { kind: 'StaleList', revision: Number(old) }, 1);
  const [stale, now] = [await kube.client.call(widgets), await kube.client.call(widgets)];
  assert.equal(stale.metadata.resourceVersion, old);
  assert.deepEqual(
    [stale['items'], now['items']].map((items) => (items as unknown[]).length),
    [1, 2],
  );
});

test('drops and doubles events of a watch, and closes it after some', async (t) => {
  const kube = await start(t);
  const resourceVersion = String(kube.revision);
  kube.faults.add(isVerb('watch'), { kind: 'DropEvents', count: 1 });
  kube.faults.add(isVerb('watch'), { kind: 'DuplicateEvents' });
  kube.faults.add(isVerb('watch'), { kind: 'CloseWatch', afterEvents: 3 });
  for (const name of ['one', 'two', 'three', 'four']) await create(kube, name);
  const watch = await kube.client.watch(widgets, { resourceVersion });
  await within(5_000, 'the end of the watch', watch.ended);
  assert.deepEqual(
    watch.events.map(({ object }) => object.metadata.name),
    ['two', 'two', 'three', 'three'],
  );
});

test('says an error in the stream of a watch, or nothing at all', async (t) => {
  const kube = await start(t, { bookmarkIntervalMs: 10 });
  await create(kube, 'one');
  const failure = {
    kind: 'WatchError',
    afterEvents: 1,
    status: 500,
    reason: 'InternalError',
    message: 'etcd is away',
  } as const;
  kube.faults.add(isVerb('watch'), failure, 1);
  const failing = await kube.client.watch(widgets);
  await within(5_000, 'the end of the watch', failing.ended);
  assert.deepEqual(
    failing.events.map(({ type }) => type),
    ['ADDED', 'ERROR'],
  );
  kube.faults.add(isVerb('watch'), { kind: 'SilenceWatch' }, 1);
  const [silent, lively] = [
    await kube.client.watch(widgets, { allowWatchBookmarks: 'true' }),
    await kube.client.watch(widgets, { allowWatchBookmarks: 'true' }),
  ];
  await lively.waitFor(({ type }) => type === 'BOOKMARK');
  assert.deepEqual(silent.events, []);
  kube.closeWatches({ isAbrupt: true });
  await within(5_000, 'the end of the watches', Promise.all([silent.ended, lively.ended]));
  assert.equal(kube.openWatches, 0);
});

test('hangs while it is paused, is gone while it is stopped, and keeps its objects and its port', async (t) => {
  const kube = await start(t);
  await create(kube, 'one');
  const { server } = kube;
  kube.pause();
  const waiting = kube.client.send(`${widgets}/one`);
  await assert.rejects(within(100, 'an answer', waiting), /not within/);
  kube.resume();
  assert.equal((await waiting).status, 200);
  await kube.stop();
  await assert.rejects(kube.client.send(`${widgets}/one`));
  await kube.start();
  assert.equal(kube.server, server);
  assert.equal((await kube.client.send(`${widgets}/one`)).status, 200);
});

test('remembers what it was asked and how it answered', async (t) => {
  const kube = await start(t);
  await kube.client.send(`${widgets}/absent`, { query: { fieldManager: 'ann' } });
  const [request] = kube.requests(({ name }) => name === 'absent');
  assert.partialDeepStrictEqual(request, { verb: 'get', namespace: 'default', fieldManager: 'ann', status: 404 });
});
