import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclRuleCreationSchema } from '@sluice/contract/state-api/acl-rule-resource.ts';
import { apiKeyCreationSchema } from '@sluice/contract/state-api/api-key-resource.ts';
import { transferLineSchemas } from '@sluice/contract/state-api/transfer-line.ts';
import { userCreationSchema, userPatchSchema } from '@sluice/contract/state-api/user-resource.ts';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { schemaErrors } from '../../src/http/schema-errors.ts';

const schemas = [
  userCreationSchema,
  userPatchSchema,
  aclRuleCreationSchema,
  apiKeyCreationSchema,
  transferLineSchemas.User,
  transferLineSchemas.AclRule,
];

test('a complete user fits', () => {
  const user = { name: 'ali.ce', enabled: false, destinations: 'Rules', groups: ['ops'], quota: { connections: 1 } };
  assert.deepEqual(schemaErrors(userCreationSchema, { ...user, onRevoke: 'Disconnect' }), []);
});

test('an unknown key is reported with the one that was probably meant', () => {
  assert.deepEqual(schemaErrors(userCreationSchema, { name: 'a', enable: true }), [
    { pointer: '/enable', detail: 'is not a known key', remedy: 'did you mean enabled?' },
  ]);
});

test('a key that a later version will know is refused by name', () => {
  const [error] = schemaErrors(userCreationSchema, { name: 'a', quota: { connections: 1, bandwidth: 2 } });
  assert.equal(error?.pointer, '/quota/bandwidth');
  assert.match(error.detail, /not supported yet: limits on bandwidth/);
});

test('every field that is not right is reported, with a pointer that escapes', () => {
  const errors = schemaErrors(userCreationSchema, { enabled: 'yes', groups: ['ok', 5, '-x'], quota: 3, 'a/b~c': 1 });
  assert.deepEqual(
    errors.map(({ pointer }) => pointer),
    ['/name', '/enabled', '/groups/1', '/groups/2', '/quota', '/a~1b~0c'],
  );
});

test('null removes in a merge patch and is no value elsewhere', () => {
  assert.deepEqual(schemaErrors(userPatchSchema, { quota: null }), []);
  assert.equal(schemaErrors(userPatchSchema, { quota: {} })[0]?.pointer, '/quota/connections');
  assert.equal(schemaErrors(userCreationSchema, { name: 'a', quota: null })[0]?.pointer, '/quota');
});

test('a text of the right shape that means nothing is refused in words', () => {
  const [error] = schemaErrors(aclRuleCreationSchema, { user: 'a', cidrs: ['10.0.0.1/8'] });
  assert.equal(error?.pointer, '/cidrs/0');
  assert.notEqual(error.remedy, undefined);
});

test('a number that is no whole number, or beyond its bounds, is refused rather than rounded', () => {
  for (const connections of [0, 1.5, 1_000_001, 2 ** 53, -0.1, '1', true, null]) {
    const errors = schemaErrors(userCreationSchema, { name: 'a', quota: { connections } });
    assert.equal(errors[0]?.pointer, '/quota/connections', String(connections));
  }
});

test('a hundred findings are enough', () => {
  const value = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unknown${index}`, index]));
  assert.equal(schemaErrors(userCreationSchema, value).length, 100);
});

test('no message repeats a value', () => {
  const canary = 'canary-7f3a';
  const errors = schemas.flatMap((schema) => [
    ...schemaErrors(schema, {
      name: `${canary}:\u0001`,
      enabled: canary,
      kind: canary,
      scopes: [canary],
      comment: [canary],
    }),
    ...schemaErrors(schema, canary),
  ]);
  assert.ok(errors.length > 10);
  assert.ok(!JSON.stringify(errors).includes(canary));
});

test('what passes without a finding passes the compiled schema too, for any value', () => {
  const compiled = schemas.map((schema) => ({ schema, validator: Compile(schema) }));
  const scalar = fc.oneof(fc.constantFrom('a', 'ops', 'User', 'Public', '*.example.com', '10.0.0.0/8'), fc.jsonValue());
  const keys = fc.constantFrom(
    'name',
    'enabled',
    'groups',
    'quota',
    'user',
    'group',
    'kind',
    'rule',
    'ports',
    'scopes',
    'client',
  );
  const value = fc.dictionary(keys, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(keys, scalar)));
  fc.assert(
    fc.property(fc.oneof(value, fc.jsonValue()), (candidate) => {
      for (const { schema, validator } of compiled) {
        if (schemaErrors(schema, candidate).length === 0)
          assert.ok(validator.Check(candidate), JSON.stringify(candidate));
      }
    }),
    { numRuns: 2000 },
  );
});
