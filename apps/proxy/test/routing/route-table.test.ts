import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RouteConfig } from '../../src/config/effective-config.ts';
import { type IpAddress, ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';
import type { RouteQuery } from '../../src/routing/route-query.ts';
import { compileRouteTable } from '../../src/routing/route-table.ts';

type MatchFields = Partial<RouteConfig['match']> & { readonly listeners?: readonly string[] };

function route(name: string, { listeners, ...match }: MatchFields = {}): RouteConfig {
  return {
    name,
    listeners: listeners ?? null,
    match: { protocol: null, sni: [], alpn: [], sources: [], ...match },
    target: { kind: 'Ban' },
    halfClose: true,
  };
}

function from(text: string): IpAddress {
  const source = parseIpAddress(text);
  assert.ok(source, text);
  return source;
}

function hello(sni: string | null, alpn: readonly string[] = [], source = '192.0.2.1'): RouteQuery {
  return { listener: 'edge', protocol: 'TLS', sni, alpn, source: from(source) };
}

/** The winner must not depend on the order in the file, unless the order is what decides. */
function winner(routes: readonly RouteConfig[], query: RouteQuery): string | undefined {
  return compileRouteTable(routes).match(query)?.name;
}

describe('compileRouteTable: classes', () => {
  const ladder = [
    route('all'),
    route('protocol', { protocol: 'TLS' }),
    route('alpn', { alpn: ['h2'] }),
    route('short wildcard', { sni: ['*.com'] }),
    route('short wildcard with ALPN', { sni: ['*.com'], alpn: ['h2'] }),
    route('wildcard', { sni: ['*.example.com'] }),
    route('wildcard with ALPN', { sni: ['*.example.com'], alpn: ['h2'] }),
    route('exact', { sni: ['www.example.com'] }),
    route('exact with ALPN', { sni: ['www.example.com'], alpn: ['h2'] }),
  ];
  for (let rung = ladder.length - 1; rung >= 0; rung--) {
    const expected = ladder[rung]?.name;
    it(`prefers "${expected}" to all classes below it, in either order of the file`, () => {
      const routes = ladder.slice(0, rung + 1);
      assert.equal(winner(routes, hello('www.example.com', ['h2'])), expected);
      assert.equal(winner(routes.toReversed(), hello('www.example.com', ['h2'])), expected);
    });
  }

  it('passes over the ALPN classes when the client offers none of their values', () => {
    assert.equal(winner(ladder, hello('www.example.com', ['http/1.1'])), 'exact');
    assert.equal(winner(ladder, hello('x.example.com')), 'wildcard');
    assert.equal(winner(ladder, hello(null)), 'protocol');
  });

  it('matches a wildcard for one label or more and never for its suffix', () => {
    assert.equal(winner(ladder, hello('a.b.c.example.com')), 'wildcard');
    assert.equal(winner(ladder, hello('example.com')), 'short wildcard');
    assert.equal(winner([route('only', { sni: ['*.example.com'] })], hello('example.com')), undefined);
  });

  it('lets TLS without a name match no sni route', () => {
    const routes = [route('named', { sni: ['www.example.com', '*.com'] }), route('rest', { alpn: ['h2'] })];
    assert.equal(winner(routes, hello(null, ['h2'])), 'rest');
    assert.equal(winner(routes, hello(null)), undefined);
  });

  it('treats the values of a list as alternatives', () => {
    const routes = [
      route('many', { sni: ['a.test', '*.b.test'], alpn: ['h3', 'h2'], sources: ['10.0.0.0/8', '192.0.2.0/24'] }),
    ];
    assert.equal(winner(routes, hello('a.test', ['h2'])), 'many');
    assert.equal(winner(routes, hello('x.b.test', ['http/1.1', 'h3'], '10.1.1.1')), 'many');
    assert.equal(winner(routes, hello('x.b.test', ['h3'], '11.1.1.1')), undefined);
  });

  it('does not let the order of the ALPN values offered decide', () => {
    const routes = [route('first', { alpn: ['http/1.1'] }), route('second', { alpn: ['h2'] })];
    assert.equal(winner(routes, hello(null, ['h2', 'http/1.1'])), 'first');
  });

  it('finds an ALPN value at the end of an absurdly long offer', () => {
    const offer = [...Array.from({ length: 20_000 }, (_, index) => `x${index % 500}`), 'h2'];
    assert.equal(winner([route('all'), route('alpn', { alpn: ['h2'] })], hello(null, offer)), 'alpn');
  });
});

describe('compileRouteTable: fields that must all hold', () => {
  it('falls through to the next class when the source does not match', () => {
    const routes = [
      route('exact inside', { sni: ['www.example.com'], sources: ['10.0.0.0/8'] }),
      route('wildcard inside', { sni: ['*.example.com'], sources: ['192.0.2.0/24'] }),
      route('all'),
    ];
    assert.equal(winner(routes, hello('www.example.com', [], '10.0.0.1')), 'exact inside');
    assert.equal(winner(routes, hello('www.example.com', [], '192.0.2.9')), 'wildcard inside');
    assert.equal(winner(routes, hello('www.example.com', [], '203.0.113.1')), 'all');
  });

  it('treats protocol beside sni or alpn as a filter', () => {
    const routes = [
      route('never', { sni: ['www.example.com'], protocol: 'SSH' }),
      route('alpn and TLS', { alpn: ['h2'], protocol: 'TLS' }),
      route('SSH', { protocol: 'SSH' }),
    ];
    assert.equal(winner(routes, hello('www.example.com', ['h2'])), 'alpn and TLS');
    assert.equal(winner(routes, { ...hello(null), protocol: 'SSH' }), 'SSH');
  });

  it('finds the later of two routes with one name when only its protocol holds', () => {
    const routes = [
      route('ssh', { sni: ['a.test'], protocol: 'SSH' }),
      route('tls', { sni: ['a.test'], protocol: 'TLS' }),
    ];
    assert.equal(winner(routes, hello('a.test')), 'tls');
  });

  it('keeps a route to the listeners it names', () => {
    const routes = [route('admin only', { sni: ['a.test'], listeners: ['admin'] }), route('all')];
    assert.equal(winner(routes, hello('a.test')), 'all');
    assert.equal(winner(routes, { ...hello('a.test'), listener: 'admin' }), 'admin only');
  });

  it('routes the undetected like any protocol', () => {
    const unknown: RouteQuery = { ...hello(null), protocol: 'Unknown' };
    assert.equal(winner([route('tls', { protocol: 'TLS' })], unknown), undefined);
    assert.equal(winner([route('rest'), route('unknown', { protocol: 'Unknown' })], unknown), 'unknown');
  });
});

describe('compileRouteTable: precedence within a class', () => {
  it('prefers the longest sources prefix that holds the client', () => {
    const routes = [
      route('any'),
      route('v4', { sources: ['0.0.0.0/0'] }),
      route('wide', { sources: ['10.0.0.0/8', '192.0.2.128/32'] }),
      route('narrow', { sources: ['10.2.0.0/16'] }),
    ];
    for (const order of [routes, routes.toReversed()]) {
      assert.equal(winner(order, hello(null, [], '10.2.3.4')), 'narrow');
      assert.equal(winner(order, hello(null, [], '10.3.3.4')), 'wide');
      assert.equal(winner(order, hello(null, [], '192.0.2.1')), 'v4');
      assert.equal(winner(order, hello(null, [], '2001:db8::1')), 'any');
    }
  });

  it('prefers a longer prefix to a named listener, and a named listener to an earlier route', () => {
    const early = route('early', { sources: ['10.0.0.0/8'] });
    const named = route('named', { sources: ['10.0.0.0/8'], listeners: ['edge'] });
    const narrow = route('narrow', { sources: ['10.0.0.0/9'] });
    assert.equal(winner([early, named], hello(null, [], '10.0.0.1')), 'named');
    assert.equal(winner([early, named, narrow], hello(null, [], '10.0.0.1')), 'narrow');
  });

  it('prefers the earlier of equals', () => {
    assert.equal(winner([route('first'), route('second')], hello(null)), 'first');
    const named = [route('a', { listeners: ['edge'] }), route('b', { listeners: ['other', 'edge'] })];
    assert.equal(winner(named, hello(null)), 'a');
  });

  it('compares candidates of different ALPN values by source, listener and order', () => {
    const routes = [route('h2', { alpn: ['h2'] }), route('http/1.1', { alpn: ['http/1.1'], listeners: ['edge'] })];
    assert.equal(winner(routes, hello(null, ['h2', 'http/1.1'])), 'http/1.1');
  });
});

describe('compileRouteTable: size', () => {
  it('holds a route with the longest lists the schema allows without multiplying them', () => {
    const sni = Array.from({ length: 1024 }, (_, index) => `host-${index}.test`);
    const alpn = Array.from({ length: 32 }, (_, index) => `protocol-${index}`);
    const sources = Array.from({ length: 1024 }, (_, index) => `10.${index >>> 8}.${index & 255}.0/24`);
    const start = performance.now();
    const table = compileRouteTable([
      route('wide', { sni, alpn, sources, listeners: ['edge', 'other'] }),
      route('all'),
    ]);
    // 67 million keys would take minutes and the heap.
    assert.ok(performance.now() - start < 500);
    assert.equal(table.match(hello('host-1023.test', ['protocol-31'], '10.3.255.1'))?.name, 'wide');
    assert.equal(table.match(hello('host-1023.test', ['protocol-31'], '10.4.0.1'))?.name, 'all');
    assert.equal(table.match(hello('host-1023.test', ['h2'], '10.3.255.1'))?.name, 'all');
  });

  it('compiles 100 000 routes in less than a second, and in time proportional to their number', () => {
    const routes = Array.from({ length: 100_000 }, (_, index) => {
      const sni = index % 4 === 0 ? `*.tenant-${index}.example.com` : `host-${index}.example.com`;
      const alpn = index % 8 === 1 ? ['h2'] : [];
      return route(`r${index}`, { sni: [sni], alpn, sources: index % 10 === 0 ? [`10.${index % 256}.0.0/16`] : [] });
    });
    // Processor time, and the least of three: the machine may be busy with other tests.
    const leastCpuMs = (count: number): number => {
      const some = routes.slice(0, count);
      const tries = [1, 2, 3].map(() => {
        const before = process.cpuUsage();
        compileRouteTable(some);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      });
      return Math.min(...tries);
    };
    const [tenth, whole] = [leastCpuMs(10_000), leastCpuMs(100_000)];
    assert.ok(whole < 1000, `100 000 took ${whole} ms of processor time`);
    // Ten times the routes; a hundred times the work would be one pass over all for each.
    assert.ok(whole < 50 * Math.max(tenth, 10), `10 000 took ${tenth} ms of processor time, 100 000 took ${whole} ms`);
    const table = compileRouteTable(routes);
    assert.equal(table.match(hello('host-99999.example.com'))?.name, 'r99999');
    assert.equal(table.match(hello('deep.in.tenant-99996.example.com'))?.name, 'r99996');
    assert.equal(table.match(hello('tenant-99996.example.com')), undefined);
  });

  it('keeps a lookup independent of the number of routes that share a key', () => {
    const sources = Array.from({ length: 20_000 }, (_, index) => `10.${index >>> 8}.${index & 255}.0/24`);
    const table = compileRouteTable(sources.map((cidr, index) => route(`r${index}`, { sources: [cidr] })));
    assert.equal(table.match(hello(null, [], '10.78.31.7'))?.name, `r${78 * 256 + 31}`);
    const clients = Array.from({ length: 20_000 }, (_, index) => ipv4Address(0x0a000000 + index * 256));
    const start = performance.now();
    for (const source of clients) table.match({ ...hello(null), source });
    // A scan of the routes would take 400 million comparisons, seconds on any machine.
    assert.ok(performance.now() - start < 500);
    assert.equal(table.match({ ...hello(null), source: ipv6Address(1, 2, 3, 4) }), undefined);
  });
});
