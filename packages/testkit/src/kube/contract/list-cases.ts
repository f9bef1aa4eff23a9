/** Lists: order, pages, selectors, resource versions. */
import assert from 'node:assert/strict';
import { type ContractCase, createWidget, type KubeList, listWidgets, namesOf } from './contract-case.ts';

export const listCases: readonly ContractCase[] = [
  {
    name: 'lists by name, and says of a custom kind what each item is',
    async run(context) {
      for (const name of ['b', 'a', 'c']) await createWidget(context, name);
      const list = await listWidgets(context);
      assert.deepEqual(namesOf(list), ['a', 'b', 'c']);
      assert.equal(list.kind, 'WidgetList');
      assert.partialDeepStrictEqual(list.items[0], { apiVersion: 'testing.sluice.dev/v1', kind: 'Widget' });
    },
  },
  {
    name: 'leaves apiVersion and kind out of the items of a built-in kind',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      await client.call(path, { method: 'POST', body: { metadata: { name: 'mine' }, data: { a: 'b' } } });
      const list = (await client.call(path, { query: { fieldSelector: 'metadata.name=mine' } })) as KubeList;
      assert.deepEqual(namesOf(list), ['mine']);
      assert.equal(list.items[0]?.kind, undefined);
      assert.equal(list.items[0]?.apiVersion, undefined);
    },
  },
  {
    name: 'gives pages of one state, whatever happens between them',
    async run(context) {
      for (const name of ['a', 'b', 'c', 'd']) await createWidget(context, name);
      const first = await listWidgets(context, { limit: '2' });
      assert.deepEqual(namesOf(first), ['a', 'b']);
      assert.equal(first.metadata.remainingItemCount, 2);
      await context.client.call(`${context.widgets}/c`, { method: 'DELETE' });
      await createWidget(context, 'e');
      const second = await listWidgets(context, { limit: '2', continue: first.metadata.continue ?? '' });
      assert.deepEqual(namesOf(second), ['c', 'd']);
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
      assert.equal(second.metadata.continue ?? '', '');
      assert.deepEqual(namesOf(await listWidgets(context)), ['a', 'b', 'd', 'e']);
    },
  },
  {
    name: 'refuses a continue token from a past that is gone with 410 Expired',
    isDisruptive: true,
    async run(context) {
      for (const name of ['a', 'b']) await createWidget(context, name);
      const first = await listWidgets(context, { limit: '1' });
      await createWidget(context, 'c');
      await context.forgetPast();
      const answer = await context.client.send(context.widgets, {
        query: { limit: '1', continue: first.metadata.continue ?? '' },
      });
      assert.equal(answer.status, 410);
      assert.partialDeepStrictEqual(answer.body, { kind: 'Status', reason: 'Expired', code: 410 });
    },
  },
  {
    name: 'selects by labels and by the fields that the kind names, and refuses any other field',
    async run(context) {
      await createWidget(context, 'a', { color: 'red' }, { labels: { app: 'x', tier: 'one' } });
      await createWidget(context, 'b', { color: 'blue' }, { labels: { app: 'x' } });
      await createWidget(context, 'c', { color: 'red' });
      const expectations = [
        [{ labelSelector: 'app=x' }, ['a', 'b']],
        [{ labelSelector: 'app=x,tier!=one' }, ['b']],
        [{ labelSelector: 'app notin (x)' }, ['c']],
        [{ labelSelector: 'tier in (one, two),app' }, ['a']],
        [{ labelSelector: '!app' }, ['c']],
        [{ fieldSelector: 'metadata.name=b' }, ['b']],
        [{ fieldSelector: `metadata.namespace=${context.namespace},metadata.name!=b` }, ['a', 'c']],
        [{ fieldSelector: 'spec.color=red', labelSelector: 'app' }, ['a']],
      ] as const;
      for (const [query, names] of expectations) {
        assert.deepEqual(namesOf(await listWidgets(context, query)), names, JSON.stringify(query));
      }
      const refused = await context.client.send(context.widgets, { query: { fieldSelector: 'spec.size=1' } });
      assert.equal(refused.status, 400);
      assert.match(String(refused.body['message']), /field label not supported/);
    },
  },
  {
    name: 'lists all namespaces at once, and nothing of a namespace that is not there',
    async run(context) {
      await createWidget(context, 'a', {}, { labels: { of: context.namespace } });
      const path = '/apis/testing.sluice.dev/v1/widgets';
      const everywhere = (await context.client.call(path, {
        query: { labelSelector: `of=${context.namespace}` },
      })) as KubeList;
      assert.deepEqual(namesOf(everywhere), ['a']);
      assert.equal(everywhere.items[0]?.metadata.namespace, context.namespace);
      const nowhere = (await context.client.call('/apis/testing.sluice.dev/v1/namespaces/absent/widgets')) as KubeList;
      assert.deepEqual(nowhere.items, []);
    },
  },
  {
    name: 'refuses what it does not know with 404 NotFound',
    async run({ client, widgets }) {
      const absent = await client.send(`${widgets}/absent`);
      assert.partialDeepStrictEqual(absent.body, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
      // Of a kind that is not served the real one says so in plain text.
      assert.equal((await client.send('/apis/testing.sluice.dev/v1/gadgets')).status, 404);
    },
  },
];
