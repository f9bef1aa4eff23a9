/** Deleting: preconditions, finalizers, what is left to see. */
import assert from 'node:assert/strict';
import { eventually } from '../../eventually.ts';
import { type ContractCase, createWidget, listWidgets, widget } from './contract-case.ts';

const finalizer = 'testing.sluice.dev/hold';

export const deleteCases: readonly ContractCase[] = [
  {
    name: 'deletes at once what has no finalizer, and answers with the uid that was deleted',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one');
      const answer = await client.call(`${widgets}/one`, { method: 'DELETE' });
      assert.partialDeepStrictEqual(answer, {
        kind: 'Status',
        status: 'Success',
        details: { name: 'one', uid: created.metadata.uid },
      });
      assert.equal((await client.send(`${widgets}/one`, { method: 'DELETE' })).status, 404);
    },
  },
  {
    name: 'deletes only the object that the preconditions mean',
    async run(context) {
      const { client, widgets } = context;
      const created = await createWidget(context, 'one');
      const { uid, resourceVersion } = created.metadata;
      const remove = async (preconditions: object) =>
        await client.send(`${widgets}/one`, {
          method: 'DELETE',
          body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions },
        });
      const others = [{ uid: '00000000-0000-0000-0000-000000000000' }, { uid, resourceVersion: '1' }];
      for (const preconditions of others) {
        assert.partialDeepStrictEqual((await remove(preconditions)).body, { code: 409, reason: 'Conflict' });
      }
      assert.equal((await remove({ uid, resourceVersion })).status, 200);
    },
  },
  {
    name: 'keeps what has a finalizer until the last one goes, and counts a generation for it',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'one', {}, { finalizers: [finalizer] });
      const marked = await client.call(`${widgets}/one`, { method: 'DELETE' });
      assert.ok(marked.metadata.deletionTimestamp !== undefined);
      assert.equal(marked.metadata.generation, 2);
      const again = await client.call(`${widgets}/one`, { method: 'DELETE' });
      assert.equal(again.metadata.resourceVersion, marked.metadata.resourceVersion);

      const more = { ...marked, metadata: { ...marked.metadata, finalizers: [finalizer, 'testing.sluice.dev/late'] } };
      const late = await client.send(`${widgets}/one`, { method: 'PUT', body: more });
      assert.partialDeepStrictEqual(late.body, { code: 422, reason: 'Invalid' });
      // A write of the status looks at nothing else.
      const atStatus = await client.call(`${widgets}/one/status`, {
        method: 'PUT',
        body: { ...more, status: { observedGeneration: 2 } },
      });
      assert.deepEqual(atStatus.metadata.finalizers, [finalizer]);

      const free = { ...atStatus, metadata: { ...atStatus.metadata, finalizers: [] } };
      assert.equal((await client.send(`${widgets}/one`, { method: 'PUT', body: free })).status, 200);
      assert.equal((await client.send(`${widgets}/one`)).status, 404);
    },
  },
  {
    name: 'takes a finalizer away that its owner no longer applies, and the object with it',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'one');
      const apply = async (finalizers: readonly string[]) =>
        await client.call(`${widgets}/one`, {
          method: 'PATCH',
          contentType: 'application/apply-patch+yaml',
          query: { fieldManager: 'holder' },
          body: { ...widget('one'), spec: undefined, metadata: { name: 'one', finalizers } },
        });
      assert.deepEqual((await apply([finalizer])).metadata.finalizers, [finalizer]);
      await client.call(`${widgets}/one`, { method: 'DELETE' });
      await apply([]);
      assert.equal((await client.send(`${widgets}/one`)).status, 404);
    },
  },
  {
    name: 'empties a namespace that is deleted, refuses new content meanwhile, and waits for finalizers',
    needsControllers: true,
    async run(context) {
      const { client, widgets, namespace } = context;
      await createWidget(context, 'free');
      await createWidget(context, 'held', {}, { finalizers: [finalizer] });
      await client.call(`/api/v1/namespaces/${namespace}`, { method: 'DELETE' });
      // The namespace controller of a cluster takes its time.
      const held = await eventually(
        async () => {
          const { items } = await listWidgets(context);
          assert.deepEqual(
            items.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined]),
            [['held', true]],
          );
          return items[0];
        },
        { timeoutMs: 40_000 },
      );
      const late = await client.send(widgets, { method: 'POST', body: widget('late') });
      assert.partialDeepStrictEqual(late.body, { code: 403, reason: 'Forbidden' });
      assert.partialDeepStrictEqual(late.body, { details: { causes: [{ reason: 'NamespaceTerminating' }] } });
      const free = { ...held, metadata: { ...held?.metadata, finalizers: [] } };
      await client.call(`${widgets}/held`, { method: 'PUT', body: free });
      assert.deepEqual((await listWidgets(context)).items, []);
    },
  },
];
