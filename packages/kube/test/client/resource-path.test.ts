import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectionPath, listQuery, objectPath, withQuery } from '../../src/client/resource-path.ts';
import type { Resource } from '../../src/port/resource.ts';
import { things } from '../scripted-collection.ts';

const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };
const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

test('addresses core kinds under /api and others under /apis', () => {
  assert.equal(objectPath(secrets, { namespace: 'a', name: 'b' }), '/api/v1/namespaces/a/secrets/b');
  assert.equal(objectPath(nodes, { name: 'b' }, 'status'), '/api/v1/nodes/b/status');
  assert.equal(collectionPath(things, undefined), '/apis/example.org/v1/things');
  assert.equal(collectionPath(things, 'a'), '/apis/example.org/v1/namespaces/a/things');
});

test('keeps a name inside its segment of the path', () => {
  assert.equal(objectPath(nodes, { name: '../pods?x#y' }), '/api/v1/nodes/..%2Fpods%3Fx%23y');
});

test('asks a list for no resource version, so that it is never older than the last one', () => {
  const query = listQuery({ limit: 5, continueToken: 'a b', labelSelector: 'x=y' });
  assert.equal(withQuery('/p', query), '/p?labelSelector=x%3Dy&limit=5&continue=a+b');
  assert.equal(withQuery('/p', listQuery({})), '/p');
});
