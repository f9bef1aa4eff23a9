import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import type { KubeConfigSource } from '../../src/client/kube-config-source.ts';
import {
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isNotFound,
  KubeApiError,
  KubeTransportError,
} from '../../src/port/kube-error.ts';
import { answerJson, answerStatus, kubeconfigText, startScriptedApi } from '../scripted-api.ts';
import { type Thing, things } from '../scripted-collection.ts';

const thing: Thing = { metadata: { name: 'x', namespace: 'a' }, spec: { size: 1 } };

function failure(expected: KubeTransportError['failure']): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KubeTransportError, String(error));
    assert.equal(error.failure, expected);
    return true;
  };
}

test('sends each verb to the path, query and media type that the API server serves', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client();
  const name = { namespace: 'a', name: 'x' };
  await client.get(things, name);
  await client.create(things, thing, { fieldManager: 'm' });
  await client.replace(things, thing, { subresource: 'status' });
  await client.apply(
    things,
    { metadata: name, status: { n: 1 } },
    { subresource: 'status', fieldManager: 'm/s', force: true },
  );
  await client.patch(things, name, { kind: 'Merge', body: { spec: { size: 2 } } }, { dryRun: true });
  await client.patch(things, name, { kind: 'Json', operations: [{ op: 'test', path: '/spec/size', value: 1 }] });
  await client.delete(things, name, { uid: 'u', propagation: 'Foreground' });
  const root = '/apis/example.org/v1/namespaces/a/things';
  assert.deepEqual(
    api.requests.map(({ method, path, query, headers }) => [method, path, query.toString(), headers['content-type']]),
    [
      ['GET', `${root}/x`, '', undefined],
      ['POST', root, 'fieldManager=m', 'application/json'],
      ['PUT', `${root}/x/status`, '', 'application/json'],
      ['PATCH', `${root}/x/status`, 'fieldManager=m%2Fs&force=true', 'application/apply-patch+yaml'],
      ['PATCH', `${root}/x`, 'dryRun=All', 'application/merge-patch+json'],
      ['PATCH', `${root}/x`, '', 'application/json-patch+json'],
      ['DELETE', `${root}/x`, '', 'application/json'],
    ],
  );
  assert.deepEqual(JSON.parse(api.requests[3]?.body ?? ''), {
    apiVersion: 'example.org/v1',
    kind: 'Thing',
    metadata: name,
    status: { n: 1 },
  });
  assert.deepEqual(JSON.parse(api.requests[6]?.body ?? ''), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'u' },
    propagationPolicy: 'Foreground',
  });
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer the-token');
  assert.equal(api.requests[0].headers['user-agent'], 'test/1');
});

test('uses connections again', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client();
  for (let n = 0; n < 20; n += 1) await client.get(things, thing.metadata);
  // The next request may come before the connection of the last one is free again.
  assert.ok(api.acceptedCount() <= 3, `${api.acceptedCount()} connections for 20 requests`);
});

test('gives a refusal back with its status, reason and causes', async (t) => {
  const causes = [{ reason: 'FieldValueInvalid', message: 'must be positive', field: 'spec.size' }];
  const api = await startScriptedApi(t, (_request, response) =>
    answerJson(response, { kind: 'Status', code: 422, reason: 'Invalid', message: 'no', details: { causes } }, 422),
  );
  const error = await api
    .client()
    .create(things, thing)
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof KubeApiError);
  assert.deepEqual([error.status, error.reason, error.causes], [422, 'Invalid', causes]);
  assert.match(error.message, /create things a\/x: the API server answered 422 Invalid: no/);
});

test('tells the refusals that callers act on apart', async (t) => {
  const refusals = [
    [404, 'NotFound', isNotFound],
    [409, 'Conflict', isConflict],
    [409, 'AlreadyExists', isAlreadyExists],
    [410, 'Expired', isExpired],
    [403, 'Forbidden', isForbidden],
  ] as const;
  let next: (typeof refusals)[number] = refusals[0];
  const api = await startScriptedApi(t, (_request, response) =>
    answerStatus(response, { code: next[0], reason: next[1] }),
  );
  const client = api.client();
  for (const refusal of refusals) {
    next = refusal;
    const error = await client.get(things, thing.metadata).catch((reason: unknown) => reason);
    const fitting = refusals.filter(([, , is]) => is(error)).map(([, reason]) => reason);
    assert.deepEqual(fitting, [refusal[1]]);
  }
});

test('asks again after 429 as late as the server says, also for a write', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => {
    if (api.requests.length > 1) return answerJson(response, thing);
    answerStatus(response, {
      code: 429,
      reason: 'TooManyRequests',
      message: 'storage is (re)initializing',
      retryAfter: '1',
    });
  });
  await api.client().create(things, thing);
  const [first, second] = api.requests;
  assert.equal(api.requests.length, 2);
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990, 'asked again too early');
});

test('asks again after 503 only if the server says when', async (t) => {
  const api = await startScriptedApi(t, (_request, response) =>
    answerStatus(response, { code: 503, reason: 'ServiceUnavailable' }),
  );
  await assert.rejects(api.client().get(things, thing.metadata), KubeApiError);
  assert.equal(api.requests.length, 1);
});

test('does not wait for a repetition that the deadline leaves no time for', async (t) => {
  const api = await startScriptedApi(t, (_request, response) =>
    answerStatus(response, { code: 429, reason: 'TooManyRequests', retryAfter: '60' }),
  );
  const error = await api
    .client({ deadlineMs: 5_000 })
    .get(things, thing.metadata)
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof KubeApiError);
  assert.equal(error.retryAfterMs, 60_000);
  assert.equal(api.requests.length, 1);
});

test('gives up a server that accepts and never answers at the deadline', async (t) => {
  const api = await startScriptedApi(t, () => {});
  await assert.rejects(api.client({ deadlineMs: 150 }).get(things, thing.metadata), failure('DeadlineExceeded'));
});

test('gives up an answer that comes too slowly at the deadline', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = async (): Promise<void> => {
      for (; !response.destroyed; await pause(20)) response.write(' ');
    };
    void drip();
  });
  await assert.rejects(api.client({ deadlineMs: 200 }).get(things, thing.metadata), failure('DeadlineExceeded'));
});

test('gives up an answer without end at its bound, and counts it', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => {
    response.writeHead(200);
    const pump = (): void => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', pump);
    };
    pump();
  });
  await assert.rejects(api.client({ maxBodyBytes: 1_000_000 }).list(things), failure('BodyTooLarge'));
  assert.match(await api.registry.metrics(), /rest_client_answers_too_large_total\{[^}]*\} 1\n/);
});

test('says of an answer that is no JSON, or no object, that it cannot be read', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => response.end('<html>'));
  const client = api.client();
  await assert.rejects(client.get(things, thing.metadata), failure('Unreadable'));
  api.answer = (_request, response) => answerJson(response, { metadata: {} });
  await assert.rejects(client.get(things, thing.metadata), failure('Unreadable'));
  await assert.rejects(client.list(things), failure('Unreadable'));
});

test('says that a server is unreachable', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const path = join(await createTemporaryDirectory(t), 'kubeconfig');
  const { host, port } = await findRefusingPort();
  await writeFile(path, kubeconfigText(`http://${host}:${port}`, {}));
  const client = api.client({ source: { kind: 'File', path } });
  await assert.rejects(client.get(things, thing.metadata), failure('Unreachable'));
});

test('asks again when a read meets a broken connection, and does not for a write', async (t) => {
  let isBroken = true;
  const api = await startScriptedApi(t, (_request, response) => {
    if (isBroken) response.destroy();
    else answerJson(response, thing);
    isBroken = false;
  });
  const client = api.client();
  await client.get(things, thing.metadata);
  assert.equal(api.requests.length, 2);
  isBroken = true;
  await assert.rejects(client.create(things, thing), failure('Unreachable'));
  assert.equal(api.requests.length, 3);
});

test("throws the caller's own reason when the caller gives up", async (t) => {
  const api = await startScriptedApi(t, () => {});
  const caller = new AbortController();
  const asked = api.client().get(things, thing.metadata, { signal: caller.signal });
  await eventually(() => assert.equal(api.requests.length, 1));
  caller.abort(new Error('changed my mind'));
  await assert.rejects(asked, /changed my mind/);
});

test('ends what is under way when it is closed, and takes nothing more', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const client = api.client();
  const asked = client.get(things, thing.metadata);
  await eventually(() => assert.equal(api.requests.length, 1));
  const ended = assert.rejects(asked, failure('Closed'));
  await client.close();
  await ended;
  await assert.rejects(client.get(things, thing.metadata), failure('Closed'));
});

test('refuses calls above the maximum under way, but not the Lease', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const client = api.client({ maxPendingCalls: 2 });
  const held = [1, 2].map(() => client.get(things, thing.metadata).catch((error: unknown) => error));
  await eventually(() => assert.equal(api.requests.length, 2));
  await assert.rejects(client.get(things, thing.metadata), failure('Overloaded'));
  api.answer = (_request, response) => answerJson(response, thing);
  await client.get(things, thing.metadata, { isUrgent: true });
  await client.close();
  await Promise.all(held);
});

test('spaces requests out as its rate says, urgent ones excepted', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client({ qps: 20, burst: 2 });
  const began = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => client.get(things, thing.metadata)));
  assert.ok(performance.now() - began >= 280, 'six requests above the burst at 20 a second');
  const urgentBegan = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => client.get(things, thing.metadata, { isUrgent: true })));
  const metrics = await api.registry.metrics();
  assert.ok(performance.now() - urgentBegan < 5_000);
  assert.match(metrics, /rest_client_rate_limiter_duration_seconds_count\{[^}]*\} 8\n/);
  assert.match(metrics, /rest_client_requests_total\{code="200",method="GET",host="127\.0\.0\.1:\d+"\} 16\n/);
});

test('takes a renewed token from its file, at the latest when the server refuses the old one', async (t) => {
  const directory = await createTemporaryDirectory(t);
  const api = await startScriptedApi(t, ({ headers }, response) => {
    if (headers.authorization === 'Bearer second') return answerJson(response, thing);
    answerStatus(response, { code: 401, reason: 'Unauthorized' });
  });
  await writeFile(join(directory, 'token'), 'first\n');
  const path = join(directory, 'kubeconfig');
  await writeFile(path, kubeconfigText(api.url, { tokenFile: 'token' }));
  const client = api.client({ source: { kind: 'File', path } });
  await assert.rejects(client.get(things, thing.metadata), KubeApiError);
  await writeFile(join(directory, 'token'), 'second\n');
  await client.get(things, thing.metadata);
  assert.deepEqual(
    api.requests.map(({ headers }) => headers.authorization),
    ['Bearer first', 'Bearer first', 'Bearer second'],
  );
});

test('runs an exec plugin once for many requests, and again when its token is refused', async (t) => {
  const directory = await createTemporaryDirectory(t);
  const plugin = join(directory, 'plugin.sh');
  // Writes a token that counts the runs.
  const script = [
    '#!/bin/sh',
    'echo run >> "$0.runs"',
    'n=$(wc -l < "$0.runs")',
    `echo "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"t$n\\"}}"`,
  ];
  await writeFile(plugin, script.join('\n'), { mode: 0o700 });
  let valid = 't1';
  const api = await startScriptedApi(t, ({ headers }, response) => {
    if (headers.authorization === `Bearer ${valid}`) return answerJson(response, thing);
    answerStatus(response, { code: 401, reason: 'Unauthorized' });
  });
  const path = join(directory, 'kubeconfig');
  await writeFile(
    path,
    kubeconfigText(api.url, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } }),
  );
  const source: KubeConfigSource = { kind: 'File', path };
  const client = api.client({ source });
  await Promise.all(Array.from({ length: 5 }, () => client.get(things, thing.metadata)));
  assert.equal(api.requests.length, 5);
  valid = 't2';
  await eventually(() => client.get(things, thing.metadata), { intervalMs: 200 });
});

test('refuses a kubeconfig that is missing or leads nowhere, with the remedy', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const directory = await createTemporaryDirectory(t);
  const missing = api.client({ source: { kind: 'File', path: join(directory, 'none') } });
  await assert.rejects(missing.get(things, thing.metadata), /cannot read the kubeconfig .*none/);
  const path = join(directory, 'empty');
  await writeFile(path, '{}');
  await assert.rejects(api.client({ source: { kind: 'File', path } }).list(things), /names no cluster/);
  await assert.rejects(api.client({ source: { kind: 'InCluster' } }).list(things), /ServiceAccount|credentials/);
});

test('never quotes what it could not read: that may be the token', async (t) => {
  const api = await startScriptedApi(t, () => {});
  const directory = await createTemporaryDirectory(t);
  const path = join(directory, 'kubeconfig');
  const source: KubeConfigSource = { kind: 'File', path };
  const plugin = join(directory, 'plugin.sh');
  await writeFile(plugin, '#!/bin/sh\necho s3cret is the token\n', { mode: 0o700 });
  const broken = [
    'users: [{name: me, user: {token: s3cret}}',
    'users:\n  - token: "s3cret\n - x',
    kubeconfigText(api.url, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } }),
    kubeconfigText(api.url, {}).replace('"cluster":{', '"cluster":{"proxy-url":"socks5://me:s3cret@10.0.0.1:1080",'),
  ];
  for (const text of broken) {
    await writeFile(path, text);
    const error: unknown = await api
      .client({ source })
      .list(things)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof KubeTransportError);
    assert.doesNotMatch(inspect(error), /s3cret/);
  }
});

test('never addresses a collection by an object without a name or namespace', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client();
  await assert.rejects(client.delete(things, { name: '', namespace: 'a' }), TypeError);
  await assert.rejects(client.delete(things, { name: 'x' }), TypeError);
  await assert.rejects(client.create(things, { ...thing, metadata: { name: 'x' } }), TypeError);
  assert.equal(api.requests.length, 0);
});
