import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoistSchemas } from '../../src/http/hoist-schemas.ts';

test('a named schema stands once and is referred to; a keyword of our own is nowhere', () => {
  const named = { type: 'object', properties: { a: { type: 'string', 'x-own': 1 } } };
  const document = {
    components: { other: 1 },
    paths: [{ schema: structuredClone(named) }, { schema: { type: 'null' } }],
  };
  assert.deepEqual(hoistSchemas(document, { named: { Named: named }, without: 'x-own' }), {
    components: { other: 1, schemas: { Named: { type: 'object', properties: { a: { type: 'string' } } } } },
    paths: [{ schema: { $ref: '#/components/schemas/Named' } }, { schema: { type: 'null' } }],
  });
});
