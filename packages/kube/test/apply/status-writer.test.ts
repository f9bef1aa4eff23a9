import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatusWriter, type ObjectWithStatus, type StatusWriter } from '../../src/apply/create-status-writer.ts';
import { setFinalizer } from '../../src/apply/set-finalizer.ts';
import type { Resource } from '../../src/port/resource.ts';
import { answerJson, answerStatus, type ScriptedApi, startScriptedApi } from '../scripted-api.ts';

interface Gadget extends ObjectWithStatus {
  readonly status?: { readonly n: number; readonly seen?: readonly string[] };
}

const gadgets: Resource<Gadget> = {
  group: 'example.org',
  version: 'v1',
  plural: 'gadgets',
  kind: 'Gadget',
  namespaced: true,
};

function gadget(resourceVersion: string, status?: Gadget['status'], uid = 'u1'): Gadget {
  return { metadata: { name: 'x', namespace: 'a', uid, resourceVersion }, ...(status === undefined ? {} : { status }) };
}

const { signal } = new AbortController();

async function open(t: {
  after(close: () => void | Promise<void>): void;
}): Promise<{ readonly api: ScriptedApi; readonly writer: StatusWriter<Gadget> }> {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, gadget('9')));
  const config = { resource: gadgets, fieldManager: 'me/status', maxRemembered: 2 };
  return { api, writer: createStatusWriter(config, api.client()) };
}

test('writes a status that says something new, by apply on the subresource, under the uid', async (t) => {
  const { api, writer } = await open(t);
  assert.equal(await writer.write(gadget('1'), { n: 1 }, signal), 'Written');
  const [request] = api.requests;
  assert.equal(request?.path, '/apis/example.org/v1/namespaces/a/gadgets/x/status');
  assert.equal(request.query.toString(), 'fieldManager=me%2Fstatus&force=true');
  assert.deepEqual(JSON.parse(request.body), {
    apiVersion: 'example.org/v1',
    kind: 'Gadget',
    metadata: { name: 'x', namespace: 'a', uid: 'u1' },
    status: { n: 1 },
  });
});

test('does not write what the object says already', async (t) => {
  const { api, writer } = await open(t);
  assert.equal(await writer.write(gadget('1', { n: 1, seen: ['p'] }), { seen: ['p'], n: 1 }, signal), 'Unchanged');
  assert.equal(api.requests.length, 0);
});

test('does not write again what it has just written while the store still shows the version before', async (t) => {
  const { api, writer } = await open(t);
  await writer.write(gadget('1'), { n: 1 }, signal);
  assert.deepEqual(writer.current(gadget('1')), { n: 1 });
  assert.equal(await writer.write(gadget('1'), { n: 1 }, signal), 'Unchanged');
  assert.equal(await writer.write(gadget('1'), { n: 2 }, signal), 'Written');
  assert.equal(api.requests.length, 2);
});

test('writes again what somebody else has changed, and for another object of the name', async (t) => {
  const { api, writer } = await open(t);
  await writer.write(gadget('1'), { n: 1 }, signal);
  assert.equal(await writer.write(gadget('2', { n: 7 }), { n: 1 }, signal), 'Written');
  assert.equal(await writer.write(gadget('2', undefined, 'u2'), { n: 1 }, signal), 'Written');
  assert.equal(api.requests.length, 3);
});

test('says that an object is gone', async (t) => {
  const { api, writer } = await open(t);
  api.answer = (_request, response) => answerStatus(response, { code: 404, reason: 'NotFound' });
  assert.equal(await writer.write(gadget('1'), { n: 1 }, signal), 'Gone');
});

const change = { finalizer: 'example.org/f', fieldManager: 'me/finalizer', signal };

test('puts a finalizer on under the uid and takes it off the list that it has seen, and never without need', async (t) => {
  const { api } = await open(t);
  const client = api.client();
  const bare = gadget('1');
  const held = { ...bare, metadata: { ...bare.metadata, finalizers: ['other', 'example.org/f'] } };
  const alone = { ...bare, metadata: { ...bare.metadata, finalizers: ['example.org/f'] } };
  const ending = { ...bare, metadata: { ...bare.metadata, deletionTimestamp: 'now' } };
  assert.equal(await setFinalizer(client, gadgets, held, { ...change, isWanted: true }), false);
  assert.equal(await setFinalizer(client, gadgets, bare, { ...change, isWanted: false }), false);
  assert.equal(await setFinalizer(client, gadgets, ending, { ...change, isWanted: true }), false);
  assert.equal(api.requests.length, 0);
  assert.equal(await setFinalizer(client, gadgets, bare, { ...change, isWanted: true }), true);
  assert.equal(await setFinalizer(client, gadgets, held, { ...change, isWanted: false }), true);
  assert.equal(await setFinalizer(client, gadgets, alone, { ...change, isWanted: false }), true);
  assert.deepEqual(
    api.requests.map(({ body }) => (JSON.parse(body) as Gadget).metadata),
    [
      { name: 'x', namespace: 'a', uid: 'u1', finalizers: ['example.org/f'] },
      { resourceVersion: '1', finalizers: ['other'] },
      { resourceVersion: '1', finalizers: null },
    ],
  );
});

test('is content when the object to release is gone, another by now, or changed meanwhile', async (t) => {
  const { api } = await open(t);
  const client = api.client();
  const bare = gadget('1');
  const held = { ...bare, metadata: { ...bare.metadata, finalizers: ['example.org/f'] } };
  for (const [code, reason] of [
    [404, 'NotFound'],
    [409, 'Conflict'],
  ] as const) {
    api.answer = (_request, response) => answerStatus(response, { code, reason });
    assert.equal(await setFinalizer(client, gadgets, held, { ...change, isWanted: false }), false);
  }
});
