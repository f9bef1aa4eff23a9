import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAll } from '../../src/reflector/list-all.ts';
import { type Thing, things } from '../scripted-collection.ts';

test('takes a list that comes in one answer, however many objects are in it', async () => {
  const items = Array.from({ length: 300_000 }, (_, n): Thing => ({ metadata: { name: `x${n}` }, spec: { size: n } }));
  const client = {
    list: () => Promise.resolve({ items: items as never[], resourceVersion: '7', continueToken: null }),
  };
  const options = { signal: new AbortController().signal, pageSize: 500, deadlineMs: 1_000, onPage: () => {} };
  const list = await listAll(client, things, options);
  assert.equal(list.items.length, items.length);
});
