import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ObjectCache } from '../../src/reflector/object-cache.ts';
import type { Thing } from '../scripted-collection.ts';

function thing(name: string, size: number, version: number): Thing {
  return { metadata: { name, namespace: 'a', uid: `u-${name}`, resourceVersion: `${version}` }, spec: { size } };
}

const step = fc.record({
  kind: fc.constantFrom('put', 'remove', 'replace'),
  names: fc.array(fc.constantFrom('p', 'q', 'r', 's'), { minLength: 1, maxLength: 4 }),
  size: fc.nat(3),
});

test('has an index that agrees with its objects, and tells changes that add up to them', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const told = new Map<string, Thing>();
      const cache = new ObjectCache<Thing>({ size: ({ spec }) => [String(spec.size)] }, (key, before, after) => {
        assert.equal(told.get(key) ?? null, before);
        if (after === null) told.delete(key);
        else told.set(key, after);
      });
      let version = 0;
      for (const { kind, names, size } of steps) {
        version += 1;
        const objects = [...new Set(names)].map((name) => thing(name, size, version));
        if (kind === 'replace') cache.replace(null, objects);
        else if (kind === 'put') for (const object of objects) cache.put(object);
        else for (const name of names) cache.remove(`a/${name}`);
        const all = [...cache.values()];
        assert.deepEqual([...told.values()].toSorted(byName), all.toSorted(byName));
        for (const value of ['0', '1', '2', '3']) {
          const expected = all.filter(({ spec }) => String(spec.size) === value);
          assert.deepEqual([...cache.byIndex('size', value)].toSorted(byName), expected.toSorted(byName));
        }
      }
    }),
  );
});

function byName(a: Thing, b: Thing): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

test('replaces one namespace and leaves the others alone', () => {
  const cache = new ObjectCache<Thing>({}, () => {});
  cache.put({ metadata: { name: 'x', namespace: 'b' }, spec: { size: 1 } });
  cache.put(thing('y', 1, 1));
  cache.replace('a', []);
  assert.deepEqual([...cache.keys()], ['b/x']);
});
