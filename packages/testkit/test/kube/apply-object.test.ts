/** Properties of server-side apply that no schedule of writes may break. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyObject } from '../../src/kube/fake/apply-object.ts';
import { type FieldOwner, readOwners, writeOwners } from '../../src/kube/fake/field-owners.ts';
import { readFields } from '../../src/kube/fake/field-paths.ts';
import type { JsonObject } from '../../src/kube/fake/json-object.ts';

const lists = { 'status.conditions': { kind: 'Map', keys: ['type'] }, 'metadata.finalizers': { kind: 'Set' } } as const;

// A list of items has some: over an empty one, which is no field, a real server does not settle at the first apply either.
const condition = fc.record({ type: fc.constantFrom('A', 'B', 'C'), status: fc.constantFrom('True', 'False') });
const anyApplied = fc.record(
  {
    spec: fc.record(
      {
        color: fc.constantFrom('red', 'blue'),
        size: fc.integer({ min: 0, max: 2 }),
        options: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
        tags: fc.array(fc.constantFrom('t', 'u'), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    metadata: fc.record(
      { finalizers: fc.uniqueArray(fc.constantFrom('f', 'g'), { minLength: 1 }) },
      { requiredKeys: [] },
    ),
    status: fc.record(
      { conditions: fc.uniqueArray(condition, { minLength: 1, selector: ({ type }) => type }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
// As it comes from the wire: objects with the usual prototype.
const applied = anyApplied.map((object) => JSON.parse(JSON.stringify(object)) as JsonObject);
const step = fc.record({ manager: fc.constantFrom('ann', 'bob', 'cid'), applied });

function ownerNamed(manager: string): FieldOwner {
  return { manager, operation: 'Apply', apiVersion: 'v1', subresource: undefined, time: 't', fields: new Set() };
}

interface State {
  readonly live: JsonObject;
  readonly owners: readonly FieldOwner[];
}

function apply({ live, owners }: State, manager: string, fields: JsonObject): State {
  const merged = applyObject({ live, applied: fields, owners, applier: ownerNamed(manager), isForced: true, lists });
  return { live: merged.object, owners: merged.owners };
}

const steps = fc.array(step, { maxLength: 8 });

function run(sequence: readonly { readonly manager: string; readonly applied: JsonObject }[]): State {
  return sequence.reduce<State>((state, each) => apply(state, each.manager, each.applied), { live: {}, owners: [] });
}

test('what a manager applied last, by force, is in the object as it applied it', () => {
  fc.assert(
    fc.property(steps, step, (before, last) => {
      const { live } = apply(run(before), last.manager, last.applied);
      const fields = readFields(live, lists);
      for (const [path, value] of readFields(last.applied, lists)) {
        // An empty list or map that is merged with what others own is no longer empty.
        const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
        if (!isEmpty) assert.deepEqual(fields.get(path), value, path);
      }
    }),
  );
});

test('the same once more changes neither the object nor its owners', () => {
  fc.assert(
    fc.property(steps, step, (before, last) => {
      const once = apply(run(before), last.manager, last.applied);
      const twice = apply(once, last.manager, last.applied);
      assert.deepEqual(twice.live, once.live);
      assert.deepEqual(writeOwners(twice.owners), writeOwners(once.owners));
    }),
  );
});

test('every field has an owner, and nothing is left when all have dropped everything', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const state = run(sequence);
      const owned = state.owners.reduce((all, { fields }) => all.union(fields), new Set<string>());
      for (const path of readFields(state.live, lists).keys()) assert.ok(owned.has(path), path);
      const end = ['ann', 'bob', 'cid'].reduce((left, manager) => apply(left, manager, {}), state);
      assert.deepEqual(readFields(end.live, lists), new Map());
    }),
  );
});

test('managedFields say who owns what, and are read back as they were', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const owners = run(sequence).owners.filter(({ fields }) => fields.size > 0);
      const read = readOwners(writeOwners(owners));
      assert.deepEqual(
        read.map(({ manager, fields }) => [manager, fields]),
        owners.map(({ manager, fields }) => [manager, fields]),
      );
    }),
  );
});
