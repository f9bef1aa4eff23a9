import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import type { KubeClient, WatchEvent } from '../../src/port/kube-client.ts';
import { isExpired, KubeApiError, KubeTransportError } from '../../src/port/kube-error.ts';
import { answerStatus, type ScriptedApi, startScriptedApi, statusOf } from '../scripted-api.ts';
import { type Thing, things, writeLine } from '../scripted-collection.ts';

const thing: Thing = { metadata: { name: 'x', namespace: 'a', resourceVersion: '7' }, spec: { size: 1 } };

interface WatchRun {
  readonly events: WatchEvent<Thing>[];
  readonly ended: Promise<unknown>;
  abort(reason: Error): void;
}

function runWatch(client: KubeClient): WatchRun {
  const controller = new AbortController();
  const events: WatchEvent<Thing>[] = [];
  const options = { resourceVersion: '5', timeoutSeconds: 300, signal: controller.signal, namespace: 'a' };
  const ended = (async (): Promise<unknown> => {
    try {
      for await (const event of client.watch(things, options)) events.push(event);
      return 'in order';
    } catch (error) {
      return error;
    }
  })();
  return { events, ended, abort: (reason) => controller.abort(reason) };
}

async function watching(
  t: { after(close: () => void | Promise<void>): void },
  play: (response: ServerResponse) => void,
): Promise<{ readonly api: ScriptedApi; readonly run: WatchRun }> {
  const api = await startScriptedApi(t, (_request, response) => {
    response.writeHead(200);
    response.flushHeaders();
    play(response);
  });
  return { api, run: runWatch(api.client({ maxLineBytes: 100_000, deadlineMs: 500 })) };
}

test('asks for bookmarks, a version and an end in time, and reports what comes', async (t) => {
  const { api, run } = await watching(t, (response) => {
    writeLine(response, 'ADDED', thing);
    writeLine(response, 'MODIFIED', thing);
    writeLine(response, 'DELETED', thing);
    writeLine(response, 'BOOKMARK', { metadata: { resourceVersion: '9' } });
    writeLine(response, 'SOMETHING_NEW', {});
    response.end();
  });
  assert.equal(await run.ended, 'in order');
  assert.deepEqual(
    run.events.map(({ type }) => type),
    ['Opened', 'Added', 'Modified', 'Deleted', 'Bookmark'],
  );
  assert.equal(
    api.requests[0]?.query.toString(),
    'watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300',
  );
  assert.equal(api.requests[0].path, '/apis/example.org/v1/namespaces/a/things');
});

test('says that a watch is granted before anything has changed, and keeps it beyond the deadline of calls', async (t) => {
  const { run } = await watching(t, () => {});
  await eventually(() => assert.deepEqual(run.events, [{ type: 'Opened' }]));
  const early = await Promise.race([run.ended, pause(700).then(() => 'still open')]);
  assert.equal(early, 'still open');
  run.abort(new Error('enough'));
  assert.match(String(await run.ended), /enough/);
});

test('lets the connection go when its reader leaves before anything has changed', async (t) => {
  let isOver = false;
  const api = await startScriptedApi(t, (_request, response) => {
    response.on('close', () => {
      isOver = true;
    });
    response.writeHead(200).flushHeaders();
  });
  const options = { resourceVersion: '5', timeoutSeconds: 300, signal: new AbortController().signal };
  for await (const event of api.client().watch(things, options)) if (event.type === 'Opened') break;
  await eventually(() => assert.ok(isOver, 'the connection is still open'), { timeoutMs: 5_000 });
});

test('reports the error that the server puts into the stream, and ends there', async (t) => {
  const { run } = await watching(t, (response) => {
    writeLine(response, 'ERROR', statusOf({ code: 410, reason: 'Expired', message: 'too old resource version' }));
    writeLine(response, 'ADDED', thing);
  });
  assert.equal(await run.ended, 'in order');
  const last = run.events.at(-1);
  assert.ok(last?.type === 'Error' && isExpired(last.error));
});

test('throws a refusal with the time to wait', async (t) => {
  const api = await startScriptedApi(t, (_request, response) =>
    answerStatus(response, { code: 429, reason: 'TooManyRequests', retryAfter: '3' }),
  );
  const error = await runWatch(api.client()).ended;
  assert.ok(error instanceof KubeApiError);
  assert.equal(error.retryAfterMs, 3_000);
  assert.equal(api.requests.length, 1);
});

const broken: readonly [string, (response: ServerResponse) => void, KubeTransportError['failure']][] = [
  ['a line without end', (response) => void response.write('x'.repeat(150_000)), 'BodyTooLarge'],
  ['a line that is no JSON', (response) => void response.write('<html>\n'), 'Unreadable'],
  ['an event without an object', (response) => void response.write('{"type":"ADDED","object":{}}\n'), 'Unreadable'],
  ['a connection that breaks', (response) => void setImmediate(() => response.destroy()), 'Unreachable'],
];
for (const [what, play, failure] of broken) {
  test(`throws ${failure} at ${what}`, async (t) => {
    const { run } = await watching(t, play);
    const error = await run.ended;
    assert.ok(error instanceof KubeTransportError, String(error));
    assert.equal(error.failure, failure);
  });
}

test('takes an object as large as the API server allows', async (t) => {
  const large = { ...thing, spec: { size: 1, group: 'x'.repeat(1_500_000) } };
  const api = await startScriptedApi(t, (_request, response) => {
    writeLine(response, 'ADDED', large);
    response.end();
  });
  const run = runWatch(api.client());
  assert.equal(await run.ended, 'in order');
  assert.deepEqual(run.events.at(-1), { type: 'Added', object: large });
});

test('gives up a server that does not grant a watch in time', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const error = await runWatch(api.client({ deadlineMs: 150 })).ended;
  assert.ok(error instanceof KubeTransportError);
  assert.equal(error.failure, 'DeadlineExceeded');
});

test('closes the connection of a watch that nobody reads any more', async (t) => {
  let isClosed = false;
  const { run, api } = await watching(t, (response) => {
    response.on('close', () => {
      isClosed = true;
    });
    writeLine(response, 'ADDED', thing);
  });
  await eventually(() => assert.equal(run.events.length, 2));
  run.abort(new Error('enough'));
  await run.ended;
  await eventually(() => assert.ok(isClosed));
  assert.equal(api.requests.length, 1);
});
