import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { EndpointConfig, RouteConfig } from '../../src/config/effective-config.ts';
import { routeInZone } from '../../src/upstream/route-in-zone.ts';

function routeWith(endpoints: readonly EndpointConfig[]): RouteConfig {
  const match = { protocol: null, sni: [], alpn: [], sources: [] };
  return {
    name: 'web',
    listeners: null,
    match,
    target: { kind: 'Endpoints', endpoints, balance: 'RoundRobin' },
    halfClose: true,
  };
}

function endpoint(host: string, zones: readonly string[], weight = 1): EndpointConfig {
  return {
    url: `tcp://${host}:80`,
    address: { kind: 'tcp', host, port: 80, family: 0 },
    weight,
    tcpFastOpen: false,
    zones,
  };
}

function hostsIn(zone: string | null, endpoints: readonly EndpointConfig[]): readonly string[] {
  const { target } = routeInZone(routeWith(endpoints), zone);
  assert.ok(target.kind === 'Endpoints');
  return target.endpoints.map(({ url }) => new URL(url).hostname);
}

const [a, b, both] = [endpoint('a', ['eu-a']), endpoint('b', ['eu-b']), endpoint('both', ['eu-b', 'eu-a'])];

test('endpoints for the zone of the proxy are used alone when all name zones', () => {
  assert.deepEqual(hostsIn('eu-a', [a, b, both]), ['a', 'both']);
  assert.deepEqual(hostsIn('eu-b', [a, b, both]), ['b', 'both']);
});

test('all are used when none is for the zone, when one names no zone, and when the zone is not known', () => {
  assert.deepEqual(hostsIn('eu-c', [a, b, both]), ['a', 'b', 'both']);
  assert.deepEqual(hostsIn('eu-a', [a, b, endpoint('any', [])]), ['a', 'b', 'any']);
  assert.deepEqual(hostsIn(null, [a, b]), ['a', 'b']);
  assert.deepEqual(hostsIn('eu-a', []), []);
});

test('a drained endpoint decides nothing', () => {
  assert.deepEqual(hostsIn('eu-a', [endpoint('a', ['eu-a'], 0), b]), ['a', 'b']);
  assert.deepEqual(hostsIn('eu-b', [endpoint('any', [], 0), a, b]), ['b']);
});

test('a route that takes connections without zones takes them with zones, and actions stay as they are', () => {
  const zones = fc.subarray(['eu-a', 'eu-b', 'eu-c']);
  const endpoints = fc.array(fc.tuple(zones, fc.integer({ min: 0, max: 2 })), { maxLength: 6 });
  let filtered = 0;
  fc.assert(
    fc.property(endpoints, fc.constantFrom('eu-a', 'eu-b', 'eu-d', null), (drawn, zone) => {
      const all = drawn.map(([names, weight], index) => endpoint(`h${index}`, names, weight));
      const route = routeWith(all);
      const { target } = routeInZone(route, zone);
      assert.ok(target.kind === 'Endpoints');
      const takes = (list: readonly EndpointConfig[]): boolean => list.some(({ weight }) => weight > 0);
      assert.equal(takes(target.endpoints), takes(all));
      assert.deepEqual(
        target.endpoints,
        all.filter((one) => target.endpoints.includes(one)),
      );
      filtered += target.endpoints.length < all.length ? 1 : 0;
    }),
    { numRuns: 1000 },
  );
  assert.ok(filtered > 50, `${filtered}`);
  const echo: RouteConfig = { ...routeWith([]), target: { kind: 'Echo' } };
  assert.equal(routeInZone(echo, 'eu-a'), echo);
});
