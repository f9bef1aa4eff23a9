import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { RouteConfig } from '../../src/config/effective-config.ts';
import { applyEdits, findRouteEdits } from '../../src/routing/route-edits.ts';

function routeNamed(name: string): RouteConfig {
  const match = { protocol: null, sni: [], alpn: [], sources: [] };
  return { name, listeners: null, match, target: { kind: 'Echo' }, halfClose: true };
}

const pool = Array.from({ length: 12 }, (_, index) => routeNamed(`route-${index}`));
const anyList = fc.shuffledSubarray(pool);
const orderedList = fc.subarray(pool);

describe('findRouteEdits', () => {
  it('finds what makes one list of the other, or nothing', () => {
    fc.assert(
      fc.property(anyList, anyList, fc.nat(24), (before, after, max) => {
        const edits = findRouteEdits(before, after, max);
        if (edits === null) return;
        assert.deepEqual(applyEdits(before, edits), after);
        const count = edits.reduce((sum, { removed, items }) => sum + removed + items.length, 0);
        assert.ok(count <= max);
      }),
      { numRuns: 3000 },
    );
  });

  it('names exactly the routes that come and go, wherever, while those that stay keep their order', () => {
    fc.assert(
      fc.property(orderedList, orderedList, (before, after) => {
        const edits = findRouteEdits(before, after, 24);
        assert.ok(edits);
        const gone = edits.flatMap(({ at, removed }) => before.slice(at, at + removed));
        const [was, is] = [new Set(before), new Set(after)];
        assert.deepEqual(new Set(gone), was.difference(is));
        assert.deepEqual(new Set(edits.flatMap(({ items }) => items)), is.difference(was));
        assert.equal(findRouteEdits(before, after, was.symmetricDifference(is).size - 1), null);
      }),
      { numRuns: 3000 },
    );
  });

  it('finds nothing where routes have changed places', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(routeNamed) as [RouteConfig, RouteConfig, RouteConfig];
    assert.equal(findRouteEdits([a, b, c], [c, a, b], 10), null);
    assert.deepEqual(findRouteEdits([a, b], [a, b], 0), []);
  });
});
