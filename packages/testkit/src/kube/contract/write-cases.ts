/** Creating, replacing and patching: what the server sets, who wins, what a path may change. */
import assert from 'node:assert/strict';
import type { KubeObject } from '../kube-object.ts';
import { type ContractCase, createWidget, widget } from './contract-case.ts';

export const writeCases: readonly ContractCase[] = [
  {
    name: 'sets what only the server knows, and drops a status at creation',
    async run(context) {
      const body = { ...widget('one', { color: 'red' }), status: { observedGeneration: 7 } };
      const created = await context.client.send(context.widgets, { method: 'POST', body });
      assert.equal(created.status, 201);
      assert.match(created.body.metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(String(created.body.metadata['creationTimestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(created.body.metadata.generation, 1);
      assert.equal(created.body.metadata.namespace, context.namespace);
      assert.equal(created.body['status'], undefined);
      assert.deepEqual(await context.client.call(`${context.widgets}/one`), created.body);
    },
  },
  {
    name: 'refuses a second object of the same name with 409 AlreadyExists',
    async run(context) {
      await createWidget(context, 'one');
      const again = await context.client.send(context.widgets, { method: 'POST', body: widget('one') });
      assert.partialDeepStrictEqual(again.body, { code: 409, reason: 'AlreadyExists' });
    },
  },
  {
    name: 'makes up a name behind generateName',
    async run({ client, widgets }) {
      const body = { ...widget(''), metadata: { generateName: 'made-' } };
      const created = await client.call(widgets, { method: 'POST', body });
      assert.match(created.metadata.name, /^made-[a-z0-9]{5}$/);
    },
  },
  {
    name: 'creates nothing in a namespace that is not there',
    async run({ client }) {
      const path = '/apis/testing.sluice.dev/v1/namespaces/absent/widgets';
      const answer = await client.send(path, { method: 'POST', body: widget('one') });
      assert.partialDeepStrictEqual(answer.body, { code: 404, reason: 'NotFound' });
    },
  },
  {
    name: 'takes one of two replacements of the same version, and refuses one without a version',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one', { color: 'red' });
      const replace = (color: string, metadata: object = created.metadata) =>
        client.send(`${widgets}/one`, { method: 'PUT', body: { ...created, metadata, spec: { color } } });
      const [first, second] = [await replace('blue'), await replace('green')];
      assert.equal(first.status, 200);
      assert.notEqual(first.body.metadata.resourceVersion, created.metadata.resourceVersion);
      assert.partialDeepStrictEqual(second.body, { code: 409, reason: 'Conflict' });
      assert.match(String(second.body['message']), /the object has been modified/);
      const blind = await replace('green', { name: 'one' });
      assert.partialDeepStrictEqual(blind.body, { code: 422, reason: 'Invalid' });
      const stranger = {
        name: 'one',
        uid: '00000000-0000-0000-0000-000000000000',
        resourceVersion: first.body.metadata.resourceVersion,
      };
      assert.partialDeepStrictEqual((await replace('green', stranger)).body, { code: 409, reason: 'Conflict' });
    },
  },
  {
    name: 'counts the generation for a change of the spec only, and writes nothing when nothing changes',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one', { color: 'red' });
      const put = async (object: object) => await client.call(`${widgets}/one`, { method: 'PUT', body: object });
      const same = await put(created);
      assert.equal(same.metadata.resourceVersion, created.metadata.resourceVersion);
      const labelled = await put({ ...same, metadata: { ...same.metadata, labels: { a: 'b' } } });
      assert.equal(labelled.metadata.generation, 1);
      assert.notEqual(labelled.metadata.resourceVersion, same.metadata.resourceVersion);
      const changed = await put({ ...labelled, spec: { color: 'blue' } });
      assert.equal(changed.metadata.generation, 2);
      const kept = await put({ ...changed, metadata: { ...changed.metadata, generation: 9, creationTimestamp: null } });
      assert.deepEqual(
        [kept.metadata.generation, kept.metadata['creationTimestamp']],
        [2, created.metadata['creationTimestamp']],
      );
    },
  },
  {
    name: 'writes a status at its own path alone, and nothing else there',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one', { color: 'red' });
      const status = { observedGeneration: 1 };
      const body = {
        ...created,
        metadata: { ...created.metadata, labels: { a: 'b' } },
        spec: { color: 'blue' },
        status,
      };
      const atStatus = await client.call(`${widgets}/one/status`, { method: 'PUT', body });
      assert.deepEqual([atStatus['spec'], atStatus['status']], [{ color: 'red' }, status]);
      assert.equal(atStatus.metadata.generation, 1);
      const other = { ...atStatus, spec: { color: 'green' }, status: { observedGeneration: 99 } };
      const atMain = await client.call(`${widgets}/one`, { method: 'PUT', body: other });
      assert.deepEqual([atMain['spec'], atMain['status']], [{ color: 'green' }, status]);
      assert.equal(atMain.metadata.generation, 2);
    },
  },
  {
    name: 'merges a merge patch: null takes away, lists are replaced, a version is compared',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one', {
        color: 'red',
        tags: ['a', 'b'],
        options: { x: '1', y: '2' },
      });
      const patch = async (body: object) =>
        await client.send(`${widgets}/one`, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
      const merged = await patch({ spec: { color: null, tags: ['c'], options: { y: '3' } } });
      assert.deepEqual(merged.body['spec'], { tags: ['c'], options: { x: '1', y: '3' } });
      const stale = await patch({ metadata: { resourceVersion: created.metadata.resourceVersion }, spec: { size: 1 } });
      assert.partialDeepStrictEqual(stale.body, { code: 409, reason: 'Conflict' });
    },
  },
  {
    name: 'does all operations of a JSON patch or none',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'one', { color: 'red', tags: ['a'] });
      const patch = async (body: readonly object[]) =>
        await client.send(`${widgets}/one`, { method: 'PATCH', contentType: 'application/json-patch+json', body });
      const done = await patch([
        { op: 'test', path: '/spec/color', value: 'red' },
        { op: 'replace', path: '/spec/color', value: 'blue' },
        { op: 'add', path: '/spec/tags/-', value: 'b' },
        // RFC 6902 wants something to be there.
        { op: 'replace', path: '/spec/size', value: 1 },
      ]);
      assert.deepEqual(done.body['spec'], { color: 'blue', size: 1, tags: ['a', 'b'] });
      const refused = await patch([
        { op: 'add', path: '/spec/size', value: 2 },
        { op: 'test', path: '/spec/color', value: 'red' },
      ]);
      assert.equal(refused.status, 422);
      assert.deepEqual((await client.call(`${widgets}/one`))['spec'], { color: 'blue', size: 1, tags: ['a', 'b'] });
    },
  },
  {
    name: 'refuses a body in a format that it does not know with 415',
    async run(context) {
      await createWidget(context, 'one');
      const answer = await context.client.send(`${context.widgets}/one`, {
        method: 'PATCH',
        contentType: 'text/plain',
        body: {},
      });
      assert.equal(answer.status, 415);
    },
  },
  {
    name: 'answers a dry run as if it had written, and writes nothing',
    async run(context) {
      const { client, widgets } = context;
      const query = { dryRun: 'All' };
      const made = await client.send(widgets, { method: 'POST', query, body: widget('one') });
      assert.equal(made.status, 201);
      assert.equal((await client.send(`${widgets}/one`)).status, 404);
      const created = await createWidget(context, 'one', { color: 'red' });
      const changed = await client.call(`${widgets}/one`, {
        method: 'PUT',
        query,
        body: { ...created, spec: { color: 'blue' } },
      });
      assert.deepEqual(changed['spec'], { color: 'blue' });
      const deleted = await client.call(`${widgets}/one`, { method: 'DELETE', query });
      assert.equal(deleted['status'], 'Success');
      assert.deepEqual(await client.call(`${widgets}/one`), created);
    },
  },
  {
    name: 'keeps no empty list or map in the metadata',
    async run(context) {
      const { client, widgets } = context;
      const empty = { labels: {}, annotations: {}, finalizers: [], ownerReferences: [] };
      const kept = ({ metadata }: KubeObject): readonly string[] =>
        Object.keys(metadata).filter((field) => field in empty);
      assert.deepEqual(kept(await createWidget(context, 'one', {}, empty)), []);
      const full = { labels: { a: 'b' }, annotations: { a: 'b' }, finalizers: ['testing.sluice.dev/hold'] };
      const contentType = 'application/merge-patch+json';
      const patch = async (metadata: object): Promise<KubeObject> =>
        await client.call(`${widgets}/one`, { method: 'PATCH', contentType, body: { metadata } });
      assert.deepEqual(kept(await patch(full)).toSorted(), Object.keys(full).toSorted());
      assert.deepEqual(kept(await patch({ ...empty, labels: { a: null }, annotations: { a: null } })), []);
    },
  },
];
