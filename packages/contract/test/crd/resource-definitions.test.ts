import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionPolicies } from '../../src/crd/admission-policies.ts';
import { objectRules } from '../../src/crd/object-rules.ts';
import { resourceDefinitions } from '../../src/crd/resource-definitions.ts';
import { structuralSchema } from '../../src/crd/structural-schema.ts';
import { type SchemaWords, schemasIn } from '../schema-walk.ts';

const kinds = ['ProxyRoute', 'ProxyUser', 'ProxyListener'] as const;

function schemasOf(index: number): readonly (readonly [string, SchemaWords])[] {
  const version = resourceDefinitions()[index]?.spec.versions[0];
  assert.ok(version !== undefined);
  const { properties } = version.schema.openAPIV3Schema as unknown as SchemaWords;
  const { spec, status } = properties ?? {};
  assert.ok(spec !== undefined && status !== undefined);
  return [...schemasIn(spec, 'spec'), ...schemasIn(status, 'status')];
}

const boundedBy: Readonly<Record<string, (schema: SchemaWords) => boolean>> = {
  object: (schema) => schema.properties !== undefined,
  array: (schema) => (schema.maxItems ?? 0) > 0 && schema['x-kubernetes-list-type'] !== undefined,
  string: (schema) => schema.enum !== undefined || (schema.maxLength ?? 0) > 0,
  integer: (schema) => schema.minimum !== undefined,
  boolean: () => true,
};

test('every field is bounded and described, and every list says how it is merged', () => {
  for (const index of kinds.keys()) {
    const schemas = schemasOf(index);
    assert.ok(schemas.length > 25, `${schemas.length}`);
    for (const [path, schema] of schemas) {
      assert.equal(boundedBy[schema.type ?? '']?.(schema), true, `${path}: bounds`);
      assert.match(schema.description ?? '', /^[^`]+\.$/, path);
      if (path.startsWith('spec') && schema.type === 'string' && schema.enum === undefined)
        assert.ok(schema.pattern !== undefined, `${path}: pattern`);
      for (const word of ['additionalProperties', 'uniqueItems', 'oneOf', 'anyOf', 'writeOnly'])
        assert.ok(!(word in schema), `${path}: ${word}`);
    }
  }
});

test('a default of an object is there wherever a field within has one', () => {
  for (const index of kinds.keys()) {
    for (const [path, schema] of schemasOf(index)) {
      const inner = Object.values(schema.properties ?? {});
      // Whoever leaves out `timeouts` gets its defaults only if it has one itself; what is optional for a reason has none.
      const isOptionalForAReason = /^spec$|\[\]$|\.(to|forward|secretRef)$/.test(path);
      if (inner.some((field) => field.default !== undefined) && !isOptionalForAReason)
        assert.deepEqual(schema.default, {}, path);
    }
  }
});

test('each rule stands where there is a field, and no rule is written down for nothing', () => {
  for (const [index, kind] of kinds.entries()) {
    const places = new Map(schemasOf(index));
    for (const [path, rules] of Object.entries(objectRules[kind])) {
      if (path === '') continue;
      const written = places.get(path)?.['x-kubernetes-validations'];
      assert.ok(Array.isArray(written), `${kind}: ${path}`);
      for (const rule of rules) assert.ok(written.includes(rule), `${kind}: ${path}: ${rule.message}`);
      const fields = rules.map(({ fieldPath = '' }) => path + fieldPath);
      assert.deepEqual(
        fields.filter((field) => !places.has(field)),
        [],
      );
    }
  }
});

test('a word that no structural schema has is an error, never dropped', () => {
  const schema = { type: 'string', description: 'A text.', multipleOf: 2 };
  assert.throws(() => structuralSchema(schema, 'spec', {}), /spec: no structural schema has the word multipleOf/);
});

test('each message of a rule and policy says what to do', () => {
  const messages = Object.values(objectRules)
    .flatMap((rules) => Object.values(rules).flat())
    .map(({ message }) => message);
  assert.ok(messages.length > 8);
  for (const message of messages) assert.match(message, /: (keep|add|remove|write|choose)/);
  for (const { policy, binding } of admissionPolicies()) {
    assert.equal(binding.spec['policyName'], policy.metadata.name);
    const validations = policy.spec['validations'] as readonly { readonly messageExpression?: string }[];
    for (const { messageExpression = '' } of validations)
      assert.match(messageExpression, /kubectl annotate|name hosts/);
  }
});
