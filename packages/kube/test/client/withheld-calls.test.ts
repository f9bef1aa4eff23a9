import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeTransportError } from '../../src/port/kube-error.ts';
import { answerJson, answerStatus, startScriptedApi } from '../scripted-api.ts';
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
