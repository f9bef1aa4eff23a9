import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { openServer } from '@sluice/testkit/open-server.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { KubeTransportError } from '../../src/port/kube-error.ts';
import { answerJson, answerStatus, kubeconfigText, startScriptedApi } from '../scripted-api.ts';
import { type Thing, things } from '../scripted-collection.ts';

const thing: Thing = { metadata: { name: 'x', namespace: 'a' }, spec: { size: 1 } };

function isWithheld(error: unknown): boolean {
  return error instanceof KubeTransportError && error.failure === 'Withheld';
}

test('a call whose caller may not send it any more is not sent, also when it has waited for its turn', async (t) => {
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client({ qps: 2, burst: 1 });
  let may = true;
  const maySend = (): boolean => may;
  await client.replace(things, thing, { maySend });
  const waiting = assert.rejects(client.replace(things, thing, { maySend }), isWithheld);
  may = false;
  await waiting;
  await assert.rejects(client.replace(things, thing, { maySend }), isWithheld);
  assert.equal(api.requests.length, 1);
});

test('a call that is to be repeated is not, when its caller may not send it any more', async (t) => {
  let may = true;
  const api = await startScriptedApi(t, (_request, response) => {
    may = false;
    answerStatus(response, { code: 429, reason: 'TooManyRequests', retryAfter: '0' });
  });
  await assert.rejects(api.client().replace(things, thing, { maySend: () => may }), isWithheld);
  assert.equal(api.requests.length, 1);
});

test('a call that waits for a connection is not sent, when its caller may not send it any more by then', async (t) => {
  const bodies: string[] = [];
  const server = createServer((incoming, response) => {
    incoming.on('error', () => {});
    incoming.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
    incoming.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  const { port } = await openServer(t, server);
  const path = join(await createTemporaryDirectory(t), 'kubeconfig');
  await writeFile(path, kubeconfigText(`http://127.0.0.1:${port}`, { token: 'any' }));
  const api = await startScriptedApi(t, (_request, response) => answerJson(response, thing));
  const client = api.client({ source: { kind: 'File', path } });
  // It may when it is handed over, and may not when there is a connection.
  const answers = [true, false];
  await assert.rejects(client.replace(things, thing, { maySend: () => answers.shift() ?? false }), isWithheld);
  assert.deepEqual([bodies, answers], [[], []]);
});
