import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { EffectiveConfig, RouteConfig } from '../../src/config/effective-config.ts';
import type { RouteQuery } from '../../src/routing/route-query.ts';
import { findRouteEdits } from '../../src/routing/route-edits.ts';
import { RoutingSnapshot } from '../../src/session/routing-snapshot.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import { configOf, withListener } from '../config/parse-text.ts';
import { addressOf } from './scripted-resolver.ts';

const text = withListener(`routes:
  - { name: exact, match: { sni: [a.example.com] }, to: { endpoints: [{ url: "tcp://10.0.0.1:1" }] } }
  - { name: wildcard, match: { sni: ["*.example.com"] }, to: { endpoints: [{ url: "tcp://10.0.0.2:1" }] } }
  - { name: h2, match: { alpn: [h2] }, action: Echo }
  - { name: near, match: { protocol: SSH, sources: [10.0.0.0/8] }, action: Ban }
  - { name: shell, match: { protocol: SSH }, to: { endpoints: [{ url: "tcp://10.0.0.3:22" }] } }
  - { name: rest, match: {}, action: Health }
`);

const queries: readonly RouteQuery[] = [
  { sni: 'a.example.com', alpn: [] },
  { sni: 'b.example.com', alpn: ['h2'] },
  { sni: null, alpn: ['h2'] },
  { sni: null, alpn: [] },
  { sni: null, alpn: [], protocol: 'SSH' as const },
  { sni: null, alpn: [], protocol: 'SSH' as const, source: addressOf('10.1.1.1') },
].map((query) => ({ listener: 'edge', protocol: 'TLS', source: addressOf('192.0.2.1'), ...query }));

function build(config: EffectiveConfig, previous: RoutingSnapshot | null = null): RoutingSnapshot {
  const snapshot = new RoutingSnapshot();
  snapshot.add(config.routes, previous);
  return snapshot;
}

function endpointOf(snapshot: RoutingSnapshot, route: string, index = 0): Endpoint {
  const endpoint = snapshot.endpointsByRoute.get(route)?.endpoints[index];
  assert.ok(endpoint !== undefined);
  return endpoint;
}

function oneRoute(name: string, urls: readonly string[]): EffectiveConfig {
  const endpoints = urls.map((url) => `{ url: "${url}" }`).join(', ');
  return configOf(withListener(`routes: [{ name: ${name}, match: {}, to: { endpoints: [${endpoints}] } }]`));
}

/** The list cut at the given places. */
function cut<Item>(items: readonly Item[], places: readonly number[]): readonly (readonly Item[])[] {
  const bounds = [0, ...places.toSorted((a, b) => a - b), items.length];
  return bounds.slice(1).map((end, index) => items.slice(bounds[index], end));
}

describe('the routing snapshot', () => {
  it('decides the same whether the configuration came in one part or in many', () => {
    const config = configOf(text);
    const whole = build(config);
    const decide = ({ table }: RoutingSnapshot): readonly (RouteConfig | undefined)[] =>
      queries.map((query) => table.match(query));
    const expected = decide(whole);
    assert.deepEqual(
      expected.map((route) => route?.name),
      ['exact', 'wildcard', 'h2', 'rest', 'shell', 'near'],
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: config.routes.length }), { maxLength: 4 }), (places) => {
        const snapshot = new RoutingSnapshot();
        for (const part of cut(config.routes, places)) snapshot.add(part, null);
        assert.deepEqual(decide(snapshot), expected);
        assert.deepEqual([...snapshot.routes.keys()], [...whole.routes.keys()]);
      }),
    );
  });

  it('has endpoints for routes that have a target', () => {
    const snapshot = build(configOf(text));
    assert.deepEqual([...snapshot.endpointsByRoute.keys()], ['exact', 'wildcard', 'shell']);
    for (const [config, state] of snapshot.routes) {
      assert.equal(state.config, config);
      assert.equal(state.endpoints, snapshot.endpointsByRoute.get(config.name) ?? null);
    }
  });

  it('keeps the counts of an endpoint over reloads, by route and URL', () => {
    const [one, two] = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1'];
    const first = build(oneRoute('web', [one, two]));
    endpointOf(first, 'web', 0).acquire();
    endpointOf(first, 'web', 1).acquire();
    endpointOf(first, 'web', 1).acquire();
    const second = build(oneRoute('web', [two, one]), first);
    assert.deepEqual([endpointOf(second, 'web', 0).active, endpointOf(second, 'web', 1).active], [2, 1]);
    // A connection that began under the old configuration ends in the new one's count.
    endpointOf(first, 'web', 1).release();
    assert.equal(endpointOf(second, 'web', 0).active, 1);
    const renamed = build(oneRoute('other', [two]), second);
    assert.equal(endpointOf(renamed, 'other').active, 0);
  });

  it('remembers a removed endpoint while it has connections', () => {
    const [one, two] = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1'];
    const first = build(oneRoute('web', [one, two]));
    endpointOf(first, 'web', 1).acquire();
    const without = build(oneRoute('web', [one]), first);
    const back = build(oneRoute('web', [one, two]), without);
    assert.equal(endpointOf(back, 'web', 1).active, 1);
  });

  it('has after an edit what a snapshot built of the routes there are then has, counts included', () => {
    const urls = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1', 'tcp://10.0.0.3:1'];
    const versions = urls.map((url) => oneRoute('web', [url, 'tcp://10.0.0.9:1']).routes);
    const { routes } = configOf(text);
    const before = build({ ...configOf(text), routes: [...routes, ...(versions[0] ?? [])] });
    for (const set of before.endpointsByRoute.values()) for (const endpoint of set.endpoints) endpoint.acquire();
    let edited = [...routes, ...(versions[0] ?? [])];
    for (const next of [versions[1], [], versions[2]]) {
      const wanted = [...routes.slice(1), ...(next ?? [])];
      const whole = build({ ...configOf(text), routes: wanted }, before);
      const staged = before.stage(findRouteEdits(edited, wanted, 10) ?? [], 100);
      assert.ok(staged !== null);
      before.edit(staged);
      edited = wanted;
      assert.deepEqual(new Set(before.routes.keys()), new Set(wanted));
      assert.deepEqual(new Set(before.endpointsByRoute.keys()), new Set(whole.endpointsByRoute.keys()));
      for (const [config, state] of before.routes) {
        assert.equal(state.config, config);
        const counts = state.endpoints?.endpoints.map(({ config: { url }, active }) => [url, active]);
        assert.deepEqual(
          counts,
          whole.routes.get(config)?.endpoints?.endpoints.map(({ config: { url }, active }) => [url, active]),
        );
      }
      assert.deepEqual(
        queries.map((query) => before.table.match(query)),
        queries.map((query) => whole.table.match(query)),
      );
    }
  });

  it('changes nothing by staging, and stages nothing that is too much work', () => {
    const { routes } = configOf(text);
    const snapshot = build(configOf(text));
    const before = queries.map((query) => snapshot.table.match(query));
    const removal = [{ at: 0, removed: routes.length, items: [] }];
    assert.notEqual(snapshot.stage(removal, 100), null);
    assert.equal(snapshot.stage(removal, routes.length - 1), null);
    assert.equal(snapshot.routes.size, routes.length);
    assert.deepEqual(
      queries.map((query) => snapshot.table.match(query)),
      before,
    );
  });

  it('leaves the snapshot before as it was', () => {
    const config = configOf(text);
    const first = build(config);
    const before = queries.map((query) => first.table.match(query));
    build(configOf(withListener('')), first);
    assert.deepEqual(
      queries.map((query) => first.table.match(query)),
      before,
    );
  });
});
