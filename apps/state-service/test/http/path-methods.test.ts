import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PathMethods } from '../../src/http/path-methods.ts';

test('knows the methods of an address with and without parameters', () => {
  const paths = new PathMethods();
  paths.add('/v1/users', ['GET']);
  paths.add('/v1/users', ['POST']);
  paths.add('/v1/users/:name', ['PUT', 'GET']);
  assert.deepEqual(paths.of('/v1/users'), ['GET', 'POST']);
  assert.deepEqual(paths.of('/v1/users/a%2Fb'), ['GET', 'PUT']);
  assert.deepEqual(paths.of('/v1/users/'), []);
  assert.deepEqual(paths.of('/v1/users/a/b'), []);
  assert.deepEqual(paths.of('/v2'), []);
});
