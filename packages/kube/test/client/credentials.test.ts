/** Credentials that come late, come back, or do not come. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import type { KubeClient } from '../../src/port/kube-client.ts';
import { KubeApiError, KubeTransportError } from '../../src/port/kube-error.ts';
import { answerJson, answerStatus, kubeconfigText, type ScriptedApi, startScriptedApi } from '../scripted-api.ts';
import { type Thing, things } from '../scripted-collection.ts';

type Scope = Parameters<typeof startScriptedApi>[0];

const thing: Thing = { metadata: { name: 'x', namespace: 'a' }, spec: { size: 1 } };

/** An API server that knows one token, and a client whose kubeconfig the test writes. */
async function openScene(
  t: Scope,
): Promise<{ readonly api: ScriptedApi; readonly path: string; readonly accept: (token: string) => void }> {
  let valid = 'first';
  const api = await startScriptedApi(t, ({ headers }, response) => {
    if (headers.authorization === `Bearer ${valid}`) return answerJson(response, thing);
    answerStatus(response, { code: 401, reason: 'Unauthorized' });
  });
  const path = join(await createTemporaryDirectory(t), 'kubeconfig');
  return {
    api,
    path,
    accept: (token) => {
      valid = token;
    },
  };
}

async function openWatch(client: KubeClient): Promise<void> {
  const ending = new AbortController();
  const options = { resourceVersion: '1', timeoutSeconds: 60, signal: ending.signal };
  for await (const event of client.watch(things, options)) if (event.type === 'Opened') break;
  ending.abort();
}

test('finds a kubeconfig that comes after the first call', async (t) => {
  const { api, path } = await openScene(t);
  const client = api.client({ source: { kind: 'File', path } });
  await assert.rejects(client.get(things, thing.metadata), /cannot read the kubeconfig/);
  await writeFile(path, kubeconfigText(api.url, { token: 'first' }));
  await client.get(things, thing.metadata);
});

test('goes on after a kubeconfig was away while the server refused the old token', async (t) => {
  const { api, path, accept } = await openScene(t);
  await writeFile(path, kubeconfigText(api.url, { token: 'first' }));
  const client = api.client({ source: { kind: 'File', path } });
  await client.get(things, thing.metadata);
  accept('second');
  await rm(path);
  await eventually(() => assert.rejects(client.get(things, thing.metadata), /cannot read the kubeconfig/));
  await writeFile(path, kubeconfigText(api.url, { token: 'second' }));
  await eventually(() => client.get(things, thing.metadata), { timeoutMs: 5_000 });
});

test('reads the kubeconfig anew also when it is a watch that the server refuses', async (t) => {
  const { api, path, accept } = await openScene(t);
  await writeFile(path, kubeconfigText(api.url, { token: 'first' }));
  const client = api.client({ source: { kind: 'File', path } });
  await openWatch(client);
  accept('second');
  await writeFile(path, kubeconfigText(api.url, { token: 'second' }));
  await assert.rejects(openWatch(client), KubeApiError);
  await eventually(() => openWatch(client), { timeoutMs: 5_000 });
});

test('gives up credentials that do not come at the deadline of the call', async (t) => {
  const { api, path } = await openScene(t);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sleep', args: ['3'] };
  await writeFile(path, kubeconfigText(api.url, { exec }));
  const client = api.client({ source: { kind: 'File', path }, deadlineMs: 150 });
  await assert.rejects(
    client.get(things, thing.metadata),
    (error) => error instanceof KubeTransportError && error.failure === 'DeadlineExceeded',
  );
});
