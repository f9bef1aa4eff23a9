/** Watches: what they tell and from where on, bookmarks, their ends, and a past that is gone. */
import assert from 'node:assert/strict';
import { within } from '../../within.ts';
import type { KubeWatch, KubeWatchEvent } from '../kube-watch.ts';
import { type ContractCase, type ContractContext, createWidget, listWidgets } from './contract-case.ts';

function tell(events: readonly KubeWatchEvent[]): readonly string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.name}`);
}

async function using(watch: KubeWatch, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    watch.close();
  }
}

async function changeColor({ client, widgets }: ContractContext, name: string, color: string): Promise<void> {
  const contentType = 'application/merge-patch+json';
  await client.call(`${widgets}/${name}`, { method: 'PATCH', contentType, body: { spec: { color } } });
}

export const watchCases: readonly ContractCase[] = [
  {
    name: 'tells every change behind a list, in order, each with a resource version',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'before');
      const { resourceVersion } = (await listWidgets(context)).metadata;
      const watch = await client.watch(widgets, { resourceVersion });
      await using(watch, async () => {
        await createWidget(context, 'one');
        await changeColor(context, 'one', 'red');
        await client.call(`${widgets}/one`, { method: 'DELETE' });
        const gone = await watch.waitFor(({ type }) => type === 'DELETED');
        assert.deepEqual(tell(watch.events), ['ADDED one', 'MODIFIED one', 'DELETED one']);
        assert.equal(new Set(watch.events.map(({ object }) => object.metadata.resourceVersion)).size, 3);
        assert.deepEqual(gone.object['spec'], { color: 'red' });
        assert.equal(gone.object.kind, 'Widget');
      });
    },
  },
  {
    name: 'goes on where an earlier watch was left',
    async run(context) {
      const { client, widgets } = context;
      const first = await createWidget(context, 'one');
      await createWidget(context, 'two');
      const watch = await client.watch(widgets, { resourceVersion: first.metadata.resourceVersion });
      await using(watch, async () => {
        await watch.waitFor(({ object }) => object.metadata.name === 'two');
        assert.deepEqual(tell(watch.events), ['ADDED two']);
      });
    },
  },
  {
    name: 'begins with what there is when no resource version is given',
    async run(context) {
      await createWidget(context, 'one');
      const watch = await context.client.watch(context.widgets);
      await using(watch, async () => {
        await watch.waitFor(({ object }) => object.metadata.name === 'one');
        await createWidget(context, 'two');
        await watch.waitFor(({ object }) => object.metadata.name === 'two');
        assert.deepEqual(tell(watch.events), ['ADDED one', 'ADDED two']);
      });
    },
  },
  {
    name: 'sends initial events and a bookmark that ends them, when asked to',
    async run(context) {
      await createWidget(context, 'one');
      const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
      const watch = await context.client.watch(context.widgets, query);
      await using(watch, async () => {
        const bookmark = await watch.waitFor(({ type }) => type === 'BOOKMARK');
        assert.deepEqual(bookmark.object.metadata['annotations'], { 'k8s.io/initial-events-end': 'true' });
        assert.equal(tell(watch.events)[0], 'ADDED one');
      });
    },
  },
  {
    name: 'tells that an object is deleted when it no longer matches the selector, and added when it does',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'one', { color: 'blue' });
      const { resourceVersion } = (await listWidgets(context)).metadata;
      const watch = await client.watch(widgets, { resourceVersion, fieldSelector: 'spec.color=red' });
      await using(watch, async () => {
        for (const color of ['red', 'green']) await changeColor(context, 'one', color);
        await watch.waitFor(({ type }) => type === 'DELETED');
        assert.deepEqual(tell(watch.events), ['ADDED one', 'DELETED one']);
      });
    },
  },
  {
    name: 'says what the last finalizer to go means: deleted',
    async run(context) {
      const { client, widgets } = context;
      await createWidget(context, 'one', {}, { finalizers: ['testing.sluice.dev/hold'] });
      const { resourceVersion } = (await listWidgets(context)).metadata;
      const watch = await client.watch(widgets, { resourceVersion });
      await using(watch, async () => {
        await client.call(`${widgets}/one`, { method: 'DELETE' });
        const contentType = 'application/merge-patch+json';
        await client.call(`${widgets}/one`, { method: 'PATCH', contentType, body: { metadata: { finalizers: [] } } });
        await watch.waitFor(({ type }) => type === 'DELETED');
        assert.deepEqual(tell(watch.events), ['MODIFIED one', 'DELETED one']);
      });
    },
  },
  {
    name: 'ends in order after timeoutSeconds',
    async run(context) {
      const { resourceVersion } = (await createWidget(context, 'one')).metadata;
      const query = { resourceVersion, timeoutSeconds: '2', allowWatchBookmarks: 'true' };
      const watch = await context.client.watch(context.widgets, query);
      await within(20_000, 'the end of the watch', watch.ended);
      // The real one does not always find the time for a last bookmark.
      assert.deepEqual(
        watch.events.filter(({ type }) => type !== 'BOOKMARK'),
        [],
      );
    },
  },
  {
    name: 'answers a watch from a past that is gone with 200 and 410 Expired in the stream',
    isDisruptive: true,
    async run(context) {
      const { resourceVersion } = (await createWidget(context, 'one')).metadata;
      await createWidget(context, 'two');
      await context.forgetPast();
      const watch = await context.client.watch(context.widgets, { resourceVersion });
      await within(20_000, 'the end of the watch', watch.ended);
      assert.equal(watch.events.length, 1);
      const object = { kind: 'Status', reason: 'Expired', code: 410 };
      assert.partialDeepStrictEqual(watch.events[0], { type: 'ERROR', object });
    },
  },
];
