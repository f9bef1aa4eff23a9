import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { KubeApiError } from '../../src/port/kube-error.ts';
import { type FollowOptions, type Following, followThings } from '../follow-things.ts';
import { answerStatus, statusOf } from '../scripted-api.ts';
import { writeLine } from '../scripted-collection.ts';

async function followOne(
  t: { after(close: () => void | Promise<void>): void },
  options: FollowOptions = {},
): Promise<Following> {
  const following = await followThings(t, {
    ...options,
    prepare: (collection) => {
      collection.put('x', 1);
      options.prepare?.(collection);
    },
  });
  await following.informer.whenSynced(AbortSignal.timeout(10_000));
  await eventually(() => assert.equal(following.collection.watches.size, 1));
  return following;
}

for (const code of [500, 429, 403]) {
  test(`goes on after a watch is refused with ${code}, and hears what happened meanwhile`, async (t) => {
    const { collection, contents, errors } = await followOne(t);
    let refusals = 2;
    collection.onWatch = (response) => {
      refusals -= 1;
      if (refusals >= 0) answerStatus(response, { code, reason: 'Refused', ...(code === 429 && { retryAfter: '1' }) });
      return refusals >= 0;
    };
    collection.endWatches();
    collection.put('y', 2);
    await eventually(() => assert.deepEqual(contents(), ['a/x=1', 'a/y=2']));
    assert.equal(collection.listCount, 1);
    assert.equal(errors.filter((error) => error instanceof KubeApiError && error.status === code).length, 2);
  });
}

test('goes on from where it was after the watch ends in order, without listing', async (t) => {
  const { collection, contents, api } = await followOne(t);
  const { metadata } = collection.put('y', 2);
  await eventually(() => assert.equal(contents().length, 2));
  collection.endWatches();
  await eventually(() => assert.equal(collection.watchCount, 2));
  assert.equal(collection.listCount, 1);
  assert.equal(api.requests.at(-1)?.query.get('resourceVersion'), metadata.resourceVersion);
});

test('goes on from the last bookmark', async (t) => {
  const { collection, api } = await followOne(t);
  const { metadata } = collection.putSilently('elsewhere', 1);
  collection.bookmark();
  await pause(50);
  collection.breakWatches();
  await eventually(() => assert.equal(collection.watchCount, 2));
  assert.equal(api.requests.at(-1)?.query.get('resourceVersion'), metadata.resourceVersion);
});

test('lists anew after a 410 in the stream, and finds what is gone', async (t) => {
  const { collection, contents, changes, errors } = await followOne(t);
  collection.onWatch = () => false;
  collection.endWatches();
  await eventually(() => assert.equal(collection.watches.size, 0));
  collection.removeSilently('x');
  collection.putSilently('y', 2);
  collection.compact();
  await eventually(() => assert.deepEqual(contents(), ['a/y=2']));
  assert.deepEqual(changes, ['a/x:-->1', 'a/y:-->2', 'a/x:1->-']);
  assert.equal(collection.listCount, 2);
  assert.deepEqual(errors, []);
});

test('lists anew after a 410 as the answer to the watch', async (t) => {
  const { collection, contents } = await followOne(t);
  let isExpired = true;
  collection.onWatch = (response) => {
    if (!isExpired) return false;
    isExpired = false;
    answerStatus(response, { code: 410, reason: 'Gone' });
    return true;
  };
  collection.removeSilently('x');
  collection.endWatches();
  await eventually(() => assert.deepEqual(contents(), []));
  assert.equal(collection.listCount, 2);
});

test('goes on from where it was after another error in the stream', async (t) => {
  const { collection, contents } = await followOne(t);
  for (const { response } of collection.watches) {
    writeLine(response, 'ERROR', statusOf({ code: 500, reason: 'InternalError', message: 'etcd is away' }));
    response.end();
  }
  collection.put('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/x=1', 'a/y=2']));
  assert.equal(collection.listCount, 1);
});

test('does not ask in a tight loop when the server closes after each event', async (t) => {
  const { collection, contents, api } = await followOne(t);
  let size = 1;
  collection.onWatch = (response) => {
    response.writeHead(200);
    size += 1;
    writeLine(response, 'MODIFIED', collection.putSilently('x', size));
    response.end();
    return true;
  };
  collection.endWatches();
  await pause(2_500);
  const watches = api.requests.filter(({ query }) => query.has('watch')).length;
  assert.ok(watches >= 2 && watches <= 6, `${watches} watches in 2.5 s`);
  await eventually(() => assert.deepEqual(contents(), [`a/x=${size}`]));
  assert.equal(collection.listCount, 1);
});

test('tells an event that comes twice only once', async (t) => {
  const { collection, changes } = await followOne(t);
  collection.put('x', 2);
  collection.repeat('x');
  collection.repeat('x');
  collection.put('x', 3);
  await eventually(() => assert.deepEqual(changes, ['a/x:-->1', 'a/x:1->2', 'a/x:2->3']));
});

test('does not take a late deletion of an earlier object for one of the present', async (t) => {
  const { collection, contents } = await followOne(t);
  collection.remove('x');
  collection.put('x', 2);
  for (const { response } of collection.watches) {
    writeLine(response, 'DELETED', { metadata: { name: 'x', namespace: 'a', uid: 'uid-1', resourceVersion: 'v-old' } });
  }
  collection.put('y', 3);
  await eventually(() => assert.deepEqual(contents(), ['a/x=2', 'a/y=3']));
});

test('heals what a lying watch kept back by the periodic list', async (t) => {
  const { collection, contents } = await followOne(t, { pacing: { relistEveryMs: 700 } });
  collection.removeSilently('x');
  collection.putSilently('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/y=2']));
  assert.ok(collection.listCount >= 2);
});

test('heals an event that was made up', async (t) => {
  const { collection, contents } = await followOne(t, { pacing: { relistEveryMs: 700 } });
  for (const { response } of collection.watches) {
    writeLine(response, 'ADDED', {
      metadata: { name: 'ghost', namespace: 'a', uid: 'g', resourceVersion: 'v-g' },
      spec: { size: 0 },
    });
  }
  await eventually(() => assert.deepEqual(contents(), ['a/ghost=0', 'a/x=1']));
  await eventually(() => assert.deepEqual(contents(), ['a/x=1']));
});

test('notices a connection on which nothing comes any more, and takes another', async (t) => {
  const { collection, contents, registry } = await followOne(t, { pacing: { silenceMs: 400 } });
  // Open, and never a byte again: as after a NAT forgot it, or on a server that hangs.
  collection.watches.clear();
  collection.put('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/x=1', 'a/y=2']));
  assert.equal(collection.listCount, 1);
  assert.match(
    await registry.metrics(),
    /reflector_errors_total\{resource="example\.org\/things",reason="Silent"\} [1-9]/,
  );
});

test('does not take a quiet watch with bookmarks for a lost one', async (t) => {
  const { collection, registry, informer } = await followOne(t, { pacing: { silenceMs: 5_000 } });
  const before = collection.watchCount;
  for (let n = 0; n < 20; n += 1) {
    collection.bookmark();
    await pause(30);
  }
  assert.equal(collection.watchCount, before);
  assert.ok(informer.sinceAnswerMs() < 5_000);
  assert.match(await registry.metrics(), /reflector_last_contact_timestamp_seconds\{[^}]*\} \d/);
});

test('gives up a server that accepts the watch and never answers', async (t) => {
  const { collection, contents } = await followOne(t, { deadlineMs: 300 });
  let hangs = 1;
  collection.onWatch = () => {
    hangs -= 1;
    return hangs >= 0;
  };
  collection.breakWatches();
  collection.put('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/x=1', 'a/y=2']));
});

test('lists anew after an event that is too large to be read, and is not stuck at it', async (t) => {
  const { collection, contents } = await followOne(t, { maxLineBytes: 10_000 });
  collection.put('y', 2);
  for (const { response } of collection.watches) {
    writeLine(response, 'MODIFIED', { ...collection.putSilently('x', 5), padding: 'x'.repeat(50_000) });
  }
  await eventually(() => assert.deepEqual(contents(), ['a/x=5', 'a/y=2']));
  assert.equal(collection.listCount, 2);
});

test('doubts a version that no watch is granted from, and lists', async (t) => {
  const { collection, contents, errors } = await followOne(t);
  collection.put('x', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/x=2']));
  let refusals = 4;
  collection.onWatch = (response) => {
    refusals -= 1;
    if (refusals >= 0) answerStatus(response, { code: 400, reason: 'BadRequest', message: 'invalid resource version' });
    return refusals >= 0;
  };
  collection.endWatches();
  collection.put('y', 2);
  await eventually(() => assert.deepEqual(contents(), ['a/x=2', 'a/y=2']), { timeoutMs: 30_000 });
  assert.equal(collection.listCount, 2);
  assert.equal(errors.length, 4);
});

test('waits for a storage that is not ready at first, for the list and for the watch', async (t) => {
  const asked: string[] = [];
  const { contents } = await followOne(t, {
    prepare: (collection) => {
      const notReady = {
        code: 429,
        reason: 'TooManyRequests',
        message: 'storage is (re)initializing',
        retryAfter: '1',
      };
      collection.onList = (response, _request, ordinal) => {
        asked.push('list');
        if (ordinal === 1) answerStatus(response, notReady);
        return ordinal === 1;
      };
      collection.onWatch = (response, _request, ordinal) => {
        asked.push('watch');
        if (ordinal === 1) answerStatus(response, notReady);
        return ordinal === 1;
      };
    },
  });
  assert.deepEqual(contents(), ['a/x=1']);
  assert.deepEqual(asked, ['list', 'list', 'watch', 'watch']);
});
