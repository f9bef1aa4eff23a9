import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { followThings } from '../follow-things.ts';
import { answerStatus } from '../scripted-api.ts';
import type { ScriptedCollection } from '../scripted-collection.ts';

function prepared(count: number): (collection: ScriptedCollection) => void {
  return (collection) => {
    for (let n = 0; n < count; n += 1) collection.put(`x${n}`, n);
  };
}

test('lists, then follows every change, telling what was before', async (t) => {
  const { collection, informer, changes, contents } = await followThings(t, { prepare: prepared(2) });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  assert.deepEqual(contents(), ['a/x0=0', 'a/x1=1']);
  await eventually(() => assert.equal(collection.watches.size, 1));
  collection.put('x0', 7);
  collection.put('new', 3);
  collection.remove('x1');
  await eventually(() => assert.deepEqual(contents(), ['a/new=3', 'a/x0=7']));
  assert.deepEqual(changes, ['a/x0:-->0', 'a/x1:-->1', 'a/x0:0->7', 'a/new:-->3', 'a/x1:1->-']);
});

test('is synced when the last page is there, and not before', async (t) => {
  const { informer, api, contents } = await followThings(t, { prepare: prepared(1_203) });
  assert.equal(informer.hasSynced(), false);
  assert.equal(informer.sinceAnswerMs(), Number.POSITIVE_INFINITY);
  await informer.whenSynced(AbortSignal.timeout(10_000));
  assert.equal(contents().length, 1_203);
  assert.deepEqual(
    api.requests.slice(0, 3).map(({ query }) => query.get('limit')),
    ['500', '500', '500'],
  );
  assert.ok(informer.sinceAnswerMs() < 10_000);
});

test('gives up waiting for a list that never comes, with the reason of who waits', async (t) => {
  const { informer } = await followThings(t, {
    prepare: (collection) => {
      collection.onList = () => true;
    },
  });
  const caller = new AbortController();
  const waiting = informer.whenSynced(caller.signal);
  caller.abort(new Error('no more time'));
  await assert.rejects(waiting, /no more time/);
});

test('begins the list anew, in one piece, when a page has expired', async (t) => {
  const { informer, api, collection, contents } = await followThings(t, {
    prepare: (collection) => {
      prepared(700)(collection);
      collection.onList = (_response, { query }) => {
        if (!query.has('continue')) return false;
        collection.put('later', 1);
        collection.compact();
        return false;
      };
    },
  });
  await informer.whenSynced(AbortSignal.timeout(10_000));
  assert.equal(contents().length, 701);
  assert.equal(collection.listCount, 3);
  assert.equal(api.requests[2]?.query.has('limit'), false);
});

test('asks for smaller pages when one is too large', async (t) => {
  const { informer, api } = await followThings(t, { prepare: prepared(300), maxBodyBytes: 20_000 });
  await informer.whenSynced(AbortSignal.timeout(10_000));
  const limits = api.requests.map(({ query }) => Number(query.get('limit')));
  assert.ok(limits.includes(500) && limits.includes(125), String(limits));
  assert.equal(informer.store.size, 300);
});

test('finds objects by what its indexers say of them, also after they have changed', async (t) => {
  const { collection, informer } = await followThings(t, {
    prepare: prepared(4),
    indexers: { parity: ({ spec }) => [spec.size % 2 === 0 ? 'even' : 'odd'] },
  });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  const named = (value: string): string[] =>
    informer.store.byIndex('parity', value).map(({ metadata }) => metadata.name);
  assert.deepEqual([named('even'), named('odd'), named('none')], [['x0', 'x2'], ['x1', 'x3'], []]);
  await eventually(() => assert.equal(collection.watches.size, 1));
  collection.put('x0', 9);
  collection.remove('x1');
  await eventually(() => assert.deepEqual([named('even'), named('odd')], [['x2'], ['x3', 'x0']]));
  assert.throws(() => informer.store.byIndex('other', 'x'), TypeError);
});

test('keeps what the transform makes of an object, all of it if that throws, and never managedFields', async (t) => {
  const { informer, errors } = await followThings(t, {
    prepare: prepared(2),
    transform: (object) => {
      if (object.spec.size === 1) throw new Error('no transform for this');
      return { ...object, spec: { size: object.spec.size, group: 'kept' } };
    },
  });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  assert.deepEqual(informer.store.get('a/x0')?.spec, { size: 0, group: 'kept' });
  assert.deepEqual(informer.store.get('a/x1')?.spec, { size: 1 });
  assert.equal(errors.length, 1);
});

test('survives a listener that throws, counts it, and tells the others', async (t) => {
  const { informer, collection, changes, errors, registry } = await followThings(t);
  await informer.whenSynced(AbortSignal.timeout(5_000));
  informer.onChange(() => {
    throw new Error('a defect');
  });
  const seen: string[] = [];
  informer.onChange((key) => seen.push(key));
  await eventually(() => assert.equal(collection.watches.size, 1));
  collection.put('x', 1);
  collection.put('y', 2);
  await eventually(() => assert.deepEqual(seen, ['a/x', 'a/y']));
  assert.equal(changes.length, 2);
  assert.deepEqual(errors.map(String), ['Error: a defect', 'Error: a defect']);
  assert.match(await registry.metrics(), /reflector_listener_errors_total\{resource="example\.org\/things"\} 2\n/);
});

test('tells a late listener what is there already', async (t) => {
  const { informer } = await followThings(t, { prepare: prepared(2) });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  const seen: string[] = [];
  informer.onChange((key, before) => seen.push(`${key} ${before === null}`));
  assert.deepEqual(seen, ['a/x0 true', 'a/x1 true']);
});

test('tells of an object that was made anew under its name as gone and new', async (t) => {
  const { informer, collection, changes } = await followThings(t, { prepare: prepared(1) });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  await eventually(() => assert.equal(collection.watches.size, 1));
  collection.removeSilently('x0');
  collection.put('x0', 5);
  await eventually(() => assert.deepEqual(changes, ['a/x0:-->0', 'a/x0:0->-', 'a/x0:-->5']));
});

test('follows the namespaces it is told, each by its own, and asks for no other', async (t) => {
  const { informer, collection, contents, api } = await followThings(t, {
    namespaces: ['a', 'b', 'a'],
    prepare: (collection) => {
      collection.put('x', 1, 'a');
      collection.put('x', 2, 'b');
      collection.put('x', 3, 'c');
    },
  });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  assert.deepEqual(contents(), ['a/x=1', 'b/x=2']);
  await eventually(() => assert.equal(collection.watches.size, 2));
  collection.remove('x', 'a');
  collection.put('y', 4, 'b');
  collection.put('y', 5, 'c');
  await eventually(() => assert.deepEqual(contents(), ['b/x=2', 'b/y=4']));
  assert.ok(api.requests.every(({ path }) => /\/namespaces\/[ab]\//.test(path)));
});

test('is not synced while one of its namespaces is refused', async (t) => {
  const { informer, errors, contents } = await followThings(t, {
    namespaces: ['a', 'b'],
    prepare: (collection) => {
      collection.put('x', 1, 'a');
      collection.onList = (response, { path }) => {
        if (path.includes('/a/')) return false;
        answerStatus(response, { code: 403, reason: 'Forbidden' });
        return true;
      };
    },
  });
  await eventually(() => assert.deepEqual(contents(), ['a/x=1']));
  await eventually(() => assert.ok(errors.length > 0));
  assert.equal(informer.hasSynced(), false);
  // It is told so again and again, and not stuck.
  assert.ok(informer.sinceAnswerMs() < 10_000);
});

test('takes a kind that is not served for an empty one if told so, and finds it when it comes', async (t) => {
  let isServed = false;
  const { informer, collection, contents, errors } = await followThings(t, {
    absentIsEmpty: true,
    pacing: { absentRetryMs: 50 },
    prepare: (collection) => {
      collection.put('x', 1);
      collection.onList = (response) => {
        if (!isServed) answerStatus(response, { code: 404, reason: 'NotFound' });
        return !isServed;
      };
    },
  });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  assert.deepEqual(contents(), []);
  isServed = true;
  await eventually(() => assert.deepEqual(contents(), ['a/x=1']));
  isServed = false;
  collection.endWatches();
  collection.onWatch = (response) => {
    answerStatus(response, { code: 410, reason: 'Gone' });
    return true;
  };
  await eventually(() => assert.deepEqual(contents(), []));
  assert.deepEqual(errors, []);
});

test('stops quietly and for good: no error, no listener, no request afterwards', async (t) => {
  const { informer, collection, changes, errors, api } = await followThings(t, { prepare: prepared(1) });
  await informer.whenSynced(AbortSignal.timeout(5_000));
  await eventually(() => assert.equal(collection.watches.size, 1));
  await informer.stop();
  const before = { changes: changes.length, requests: api.requests.length };
  collection.put('x0', 9);
  await eventually(() => assert.equal(collection.watches.size, 0));
  await pause(50);
  assert.deepEqual({ changes: changes.length, requests: api.requests.length }, before);
  assert.deepEqual(errors, []);
});

test('stops while it waits to try again, and tries no more', async (t) => {
  const { informer, collection, errors } = await followThings(t, {
    prepare: (collection) => {
      collection.onList = (response) => {
        answerStatus(response, { code: 500, reason: 'InternalError' });
        return true;
      };
    },
  });
  await eventually(() => assert.equal(errors.length, 2));
  const { listCount } = collection;
  await informer.stop();
  await pause(100);
  assert.equal(collection.listCount, listCount);
  assert.equal(collection.watchCount, 0);
});
