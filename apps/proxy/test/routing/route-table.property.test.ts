/**
 * The compiled table against a reference that reads design section 3 word by word: take every route of which all fields hold,
 * sort by the precedence, take the first. It shares no code with the table, address text included.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Protocol } from '@sluice/contract/protocol.ts';
import * as fc from 'fast-check';
import type { RouteConfig } from '../../src/config/effective-config.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';
import { findRouteEdits } from '../../src/routing/route-edits.ts';
import { compileRouteTable } from '../../src/routing/route-table.ts';

interface Client {
  readonly listener: string;
  readonly protocol: Protocol;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly sourceText: string;
}

/** IPv4 as 32 characters of 0 and 1, IPv6 (written in full here) as 128. */
function bitsOf(text: string): string {
  const [parts, radix, width] = text.includes(':') ? [text.split(':'), 16, 16] : [text.split('.'), 10, 8];
  return parts.map((part) => Number.parseInt(part, radix).toString(2).padStart(width, '0')).join('');
}

function prefixHolding(cidr: string, client: string): number {
  const [network = '', length = ''] = cidr.split('/');
  const [a, b] = [bitsOf(network), bitsOf(client)];
  const bits = Number(length);
  return a.length === b.length && a.slice(0, bits) === b.slice(0, bits) ? bits : -1;
}

/** -1: no name of the route holds; a longer wildcard ranks higher, an exact name highest. */
function nameRank(patterns: readonly string[], sni: string | null): number {
  const ranks = patterns.map((pattern) => {
    if (sni === null) return -1;
    if (pattern === sni) return 1000;
    return pattern.startsWith('*.') && sni.endsWith(pattern.slice(1)) && sni.length > pattern.length - 1
      ? pattern.length
      : -1;
  });
  return Math.max(-1, ...ranks);
}

function sourceRank(sources: readonly string[], clientText: string): number {
  return Math.max(-1, ...sources.map((cidr) => prefixHolding(cidr, clientText)));
}

function holds({ match, listeners: named }: RouteConfig, client: Client): boolean {
  const fields = [
    match.sni.length === 0 || nameRank(match.sni, client.sni) >= 0,
    match.sources.length === 0 || sourceRank(match.sources, client.sourceText) >= 0,
    match.alpn.length === 0 || match.alpn.some((value) => client.alpn.includes(value)),
    match.protocol === null || match.protocol === client.protocol,
    named === null || named.includes(client.listener),
  ];
  return !fields.includes(false);
}

/** The sort key of a route whose fields hold: higher wins. */
function rankOf({ match, listeners: named }: RouteConfig, order: number, client: Client): readonly number[] {
  const name = match.sni.length === 0 ? 0 : nameRank(match.sni, client.sni);
  const asksAlpn = Number(match.alpn.length > 0);
  const protocolClass = Number(name === 0 && asksAlpn === 0 && match.protocol !== null);
  return [name, asksAlpn, protocolClass, sourceRank(match.sources, client.sourceText), Number(named !== null), -order];
}

function referenceMatch(routes: readonly RouteConfig[], client: Client): RouteConfig | undefined {
  let best: { readonly route: RouteConfig; readonly rank: readonly number[] } | undefined;
  for (const [order, route] of routes.entries()) {
    if (!holds(route, client)) continue;
    const rank = rankOf(route, order, client);
    if (best === undefined || isHigher(rank, best.rank)) best = { route, rank };
  }
  return best?.route;
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0);
}

const names = ['a.test', 'b.a.test', 'c.b.a.test', 'd.c.b.a.test', 'b.test', 'x.b.test', 'test'];
const patterns = [
  'a.test',
  'b.a.test',
  'c.b.a.test',
  '*.test',
  '*.a.test',
  '*.b.a.test',
  '*.c.b.a.test',
  'b.test',
  '*.b.test',
];
const blocks = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.0/24',
  '10.1.2.3/32',
  '11.0.0.0/8',
  '0:0:0:0:0:0:0:0/0',
  'fd00:0:0:0:0:0:0:0/8',
  'fd00:1:0:0:0:0:0:0/32',
];
const clients = [
  '10.1.2.3',
  '10.1.2.4',
  '10.1.9.9',
  '10.9.9.9',
  '11.0.0.1',
  '203.0.113.9',
  'fd00:1:0:0:0:0:0:7',
  'fd00:2:0:0:0:0:0:7',
  '2001:db8:0:0:0:0:0:1',
];
const protocols: readonly Protocol[] = ['TLS', 'SSH', 'Unknown'];
const alpns = ['h2', 'http/1.1', 'h3'];
const listeners = ['edge', 'admin', 'other'];

function someOf<Item>(items: readonly Item[], maxLength: number): fc.Arbitrary<readonly Item[]> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...items), { maxLength }) },
  );
}

const route: fc.Arbitrary<RouteConfig> = fc.record({
  name: fc.constant('route'),
  listeners: fc.option(fc.subarray(listeners, { minLength: 1 }), { freq: 3 }),
  match: fc.record({
    protocol: fc.option(fc.constantFrom(...protocols), { freq: 2 }),
    sni: someOf(patterns, 3),
    alpn: someOf(alpns, 2),
    sources: someOf(blocks, 3),
  }),
  target: fc.constant({ kind: 'Ban' as const }),
  halfClose: fc.constant(true),
});

/** From a place on, so many routes go and these come: those before and behind stay. */
interface ListChange {
  readonly at: number;
  readonly removed: number;
  readonly coming: readonly RouteConfig[];
}

const listChange: fc.Arbitrary<ListChange> = fc.record({
  at: fc.nat(16),
  removed: fc.nat(2),
  coming: fc.array(route, { maxLength: 2 }),
});

function changed(routes: readonly RouteConfig[], { at, removed, coming }: ListChange): readonly RouteConfig[] {
  return routes.toSpliced(Math.min(at, routes.length), removed, ...coming);
}

/** From "every route that has a list is wide" to "none is". */
const maxKeysPerRoute = fc.constantFrom(0, 2, 4, 8, 256);

const client: fc.Arbitrary<Client> = fc.record({
  listener: fc.constantFrom(...listeners),
  protocol: fc.constantFrom('TLS' as const, ...protocols),
  sni: fc.option(fc.constantFrom(...names), { freq: 6 }),
  alpn: someOf([...alpns, 'unheard-of'], 12),
  sourceText: fc.constantFrom(...clients),
});

describe('compileRouteTable', () => {
  it('chooses the route the reference chooses, for random tables and clients', () => {
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 24 }),
        fc.array(client, { minLength: 1, maxLength: 12 }),
        maxKeysPerRoute,
        (routes, queries, maxKeys) => {
          const table = compileRouteTable(routes, maxKeys);
          for (const query of queries) {
            const source = parseIpAddress(query.sourceText);
            assert.ok(source);
            const actual = table.match({ ...query, source });
            const expected = referenceMatch(routes, query);
            assert.equal(actual && routes.indexOf(actual), expected && routes.indexOf(expected));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('chooses the same after every one of many edits as a table compiled of the routes there are then', () => {
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 16 }),
        fc.array(fc.array(listChange, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        fc.array(client, { minLength: 1, maxLength: 12 }),
        maxKeysPerRoute,
        (first, steps, queries, maxKeys) => {
          const table = compileRouteTable(first, maxKeys);
          let routes: readonly RouteConfig[] = first;
          for (const changes of steps) {
            const next = changes.reduce<readonly RouteConfig[]>(changed, routes);
            const edits = findRouteEdits(routes, next, 100);
            assert.ok(edits);
            const gone = table.edit(table.stage(edits));
            assert.deepEqual(new Set(gone), new Set(routes).difference(new Set(next)));
            routes = next;
            const compiled = compileRouteTable(routes, maxKeys);
            for (const query of queries) {
              const source = parseIpAddress(query.sourceText);
              assert.ok(source);
              const actual = table.match({ ...query, source });
              assert.equal(actual, compiled.match({ ...query, source }));
              const expected = referenceMatch(routes, query);
              assert.equal(actual && routes.indexOf(actual), expected && routes.indexOf(expected));
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
