import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EndpointSliceObject } from '../../src/specs/kube-objects.ts';
import { type PublishedEndpoint, resolveEndpoints, type ServiceLookup } from '../../src/specs/route-endpoints.ts';

/** Services `s0`, `s1`, … with so many endpoints each. */
function lookupOf(sizes: readonly number[]): ServiceLookup {
  const indexOf = (key: string): number => Number(key.slice('a/s'.length));
  return {
    isWatched: () => true,
    grants: () => [],
    service: (key) => ({ metadata: { namespace: 'a', name: key.slice(2) }, spec: { ports: [{ port: 80 }] } }),
    slices: (key): readonly EndpointSliceObject[] => {
      const index = indexOf(key);
      const endpoints = Array.from({ length: sizes[index] ?? 0 }, (_, at) => ({
        addresses: [`10.${index}.${at >> 8}.${at & 255}`],
      }));
      return [{ metadata: { name: `${key}-1` }, addressType: 'IPv4', endpoints, ports: [{ port: 8080 }] }];
    },
  };
}

function resolve(services: readonly { readonly weight: number; readonly size: number }[]): {
  readonly endpoints: readonly PublishedEndpoint[];
  readonly left: number;
} {
  const entries = services.map(({ weight }, index) => ({ service: { name: `s${index}`, port: 80 }, weight }));
  return resolveEndpoints('a', entries, lookupOf(services.map(({ size }) => size)));
}

function shareOf(endpoints: readonly PublishedEndpoint[], index: number): number {
  const sum = (some: readonly PublishedEndpoint[]): number => some.reduce((total, { weight = 1 }) => total + weight, 0);
  return sum(endpoints.filter(({ url }) => url.startsWith(`tcp://10.${index}.`))) / sum(endpoints);
}

describe('the endpoints of a route', () => {
  it('leave a small Service its share beside one that has more endpoints than there is room for', () => {
    const { endpoints, left } = resolve([
      { weight: 90, size: 2_000 },
      { weight: 10, size: 5 },
    ]);
    assert.equal(endpoints.length, 1_024);
    assert.equal(left, 981);
    assert.ok(Math.abs(shareOf(endpoints, 1) - 0.1) < 0.02, `${shareOf(endpoints, 1)}`);
  });

  it('are as many as there is room for, and of every Service that has any', () => {
    const services = fc.array(fc.record({ weight: fc.constant(1), size: fc.nat(1_500) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(services, (given) => {
        const { endpoints, left } = resolve(given);
        const all = given.reduce((sum, { size }) => sum + size, 0);
        assert.equal(endpoints.length, Math.min(all, 1_024));
        assert.equal(endpoints.length + left, all);
        for (const [index, { size }] of given.entries()) {
          assert.equal(
            endpoints.some(({ url }) => url.startsWith(`tcp://10.${index}.`)),
            size > 0,
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});
