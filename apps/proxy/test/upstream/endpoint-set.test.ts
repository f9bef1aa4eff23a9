import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Balance, EndpointConfig } from '../../src/config/effective-config.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import { createEndpointSet, type EndpointSet, type EndpointsTarget } from '../../src/upstream/endpoint-set.ts';
import { seededRandom } from './seeded-random.ts';

function target(balance: Balance, weights: Readonly<Record<string, number>>): EndpointsTarget {
  const endpoints = Object.entries(weights).map(
    ([host, weight]): EndpointConfig => ({
      url: `tcp://${host}:80`,
      address: { kind: 'tcp', host, port: 80, family: 0 },
      weight,
      tcpFastOpen: false,
      zones: [],
    }),
  );
  return { kind: 'Endpoints', endpoints, balance };
}

const noneTried: ReadonlySet<Endpoint> = new Set();
const noRandom = (): number => {
  throw new Error('this algorithm takes no randomness');
};

function hostOf(endpoint: Endpoint | undefined): string {
  return endpoint?.config.address.kind === 'tcp' ? endpoint.config.address.host : 'none';
}

function pickHosts(set: EndpointSet, count: number, random: () => number = noRandom): readonly string[] {
  return Array.from({ length: count }, () => hostOf(set.pick(noneTried, random)));
}

function countBy(hosts: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const host of hosts) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
}

/** The order in which one connection tries the endpoints when each attempt fails. */
function tryAll(set: EndpointSet, random: () => number = noRandom): readonly string[] {
  const tried = new Set<Endpoint>();
  for (let next = set.pick(tried, random); next !== undefined; next = set.pick(tried, random)) {
    assert.ok(!tried.has(next));
    tried.add(next);
  }
  return Array.from(tried, hostOf);
}

describe('RoundRobin', () => {
  it('takes turns in the order of the configuration', () => {
    assert.deepEqual(pickHosts(createEndpointSet(target('RoundRobin', { a: 1, b: 1, c: 1 })), 6), [
      ...['a', 'b', 'c'],
      ...['a', 'b', 'c'],
    ]);
  });

  it('spreads the turns of a heavy endpoint over the cycle', () => {
    const hosts = pickHosts(createEndpointSet(target('RoundRobin', { a: 5, b: 1, c: 1 })), 14);
    assert.equal(hosts.join(''), 'aabacaaaabacaa');
  });

  it('gives each endpoint exactly its weight in every cycle', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const named = Object.fromEntries(weights.map((weight, index) => [`e${index}`, weight]));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const set = createEndpointSet(target('RoundRobin', named));
        for (let cycle = 0; cycle < 3; cycle++) assert.deepEqual(countBy(pickHosts(set, total)), named);
      }),
    );
  });

  it('goes on to the endpoints not tried, each once, and keeps the shares of later connections', () => {
    const set = createEndpointSet(target('RoundRobin', { a: 2, b: 1, c: 1 }));
    assert.deepEqual(tryAll(set).toSorted(), ['a', 'b', 'c']);
    assert.equal(hostOf(set.pick(new Set(set.endpoints), noRandom)), 'none');
    const { a = 0, b = 0, c = 0 } = countBy(pickHosts(set, 400));
    assert.ok(Math.abs(a - 200) <= 2 && Math.abs(b - 100) <= 2 && Math.abs(c - 100) <= 2, `${a} ${b} ${c}`);
  });
});

describe('Random', () => {
  it('draws in proportion to the weights (chi-square at 0.1 %)', () => {
    const weights = { a: 1, b: 2, c: 3, d: 10 };
    const count = 16_000;
    const drawn = countBy(pickHosts(createEndpointSet(target('Random', weights)), count, seededRandom(7)));
    const chiSquare = Object.entries(weights).reduce((sum, [host, weight]) => {
      const expected = (count * weight) / 16;
      return sum + ((drawn[host] ?? 0) - expected) ** 2 / expected;
    }, 0);
    // Three degrees of freedom.
    assert.ok(chiSquare < 16.27, `chi-square ${chiSquare}: ${JSON.stringify(drawn)}`);
  });

  it('draws the next among those not tried, until all are', () => {
    const set = createEndpointSet(target('Random', { a: 1, b: 5, c: 100 }));
    const random = seededRandom(3);
    for (let round = 0; round < 50; round++) assert.deepEqual(tryAll(set, random).toSorted(), ['a', 'b', 'c']);
  });

  it('stays within the list at both ends of the random interval', () => {
    const set = createEndpointSet(target('Random', { a: 1, b: 1 }));
    assert.equal(hostOf(set.pick(noneTried, () => 0)), 'a');
    assert.equal(hostOf(set.pick(noneTried, () => 1 - Number.EPSILON / 2)), 'b');
    assert.equal(hostOf(set.pick(noneTried, () => 1)), 'b');
  });
});

describe('LeastConnections', () => {
  it('fills the endpoints in proportion to their weights', () => {
    const set = createEndpointSet(target('LeastConnections', { a: 1, b: 3 }));
    for (let index = 0; index < 40; index++) set.pick(noneTried, noRandom)?.acquire();
    assert.deepEqual(
      set.endpoints.map((endpoint) => endpoint.active),
      [10, 30],
    );
  });

  it('sends new connections where old ones have ended', () => {
    const set = createEndpointSet(target('LeastConnections', { a: 1, b: 1, c: 1 }));
    for (let index = 0; index < 30; index++) set.pick(noneTried, noRandom)?.acquire();
    const [, second] = set.endpoints;
    for (let index = 0; index < 5; index++) second?.release();
    const next = Array.from({ length: 5 }, () => {
      const endpoint = set.pick(noneTried, noRandom);
      endpoint?.acquire();
      return hostOf(endpoint);
    });
    assert.deepEqual(next, ['b', 'b', 'b', 'b', 'b']);
  });

  it('takes turns among equally loaded endpoints', () => {
    const set = createEndpointSet(target('LeastConnections', { a: 1, b: 1, c: 1 }));
    assert.deepEqual(countBy(pickHosts(set, 9)), { a: 3, b: 3, c: 3 });
  });

  it('tries the others in order of load when attempts fail', () => {
    const set = createEndpointSet(target('LeastConnections', { busy: 1, idle: 1, some: 1 }));
    const [busy, , some] = set.endpoints;
    for (let index = 0; index < 5; index++) busy?.acquire();
    some?.acquire();
    assert.deepEqual(tryAll(set), ['idle', 'some', 'busy']);
  });

  it('never exceeds a fair share by more than one connection, whatever ends when', () => {
    const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weightsArbitrary, fc.array(fc.nat({ max: 99 }), { maxLength: 200 }), (weights, steps) => {
        const set = createEndpointSet(
          target('LeastConnections', Object.fromEntries(weights.map((weight, index) => [`e${index}`, weight]))),
        );
        const open: Endpoint[] = [];
        for (const step of steps) {
          if (step < 40 && open.length > 0) {
            open.splice(step % open.length, 1)[0]?.release();
            continue;
          }
          const picked = set.pick(noneTried, noRandom);
          assert.ok(picked);
          for (const other of set.endpoints) {
            assert.ok(picked.active * other.weight <= other.active * picked.weight);
          }
          picked.acquire();
          open.push(picked);
        }
        const active = set.endpoints.reduce((sum, endpoint) => sum + endpoint.active, 0);
        assert.equal(active, open.length);
      }),
    );
  });
});

describe('EndpointSet', () => {
  for (const balance of ['RoundRobin', 'Random', 'LeastConnections'] as const) {
    it(`${balance}: gives a drained endpoint no connection, not even as the last resort`, () => {
      const set = createEndpointSet(target(balance, { drained: 0, a: 1, b: 1 }));
      assert.deepEqual(tryAll(set, seededRandom(1)).toSorted(), ['a', 'b']);
      assert.equal(
        createEndpointSet(target(balance, { drained: 0 })).pick(noneTried, () => 0),
        undefined,
      );
    });

    it(`${balance}: tries a lone endpoint once`, () => {
      assert.deepEqual(tryAll(createEndpointSet(target(balance, { drained: 0, lone: 3 }))), ['lone']);
    });
  }

  it('keeps the connections of an endpoint across reloads, in both directions', () => {
    const before = createEndpointSet(target('LeastConnections', { a: 1, b: 1 }));
    const held = before.pick(noneTried, noRandom);
    held?.acquire();
    assert.equal(hostOf(held), 'a');
    const after = createEndpointSet(target('LeastConnections', { b: 1, a: 4 }), before);
    assert.deepEqual(
      after.endpoints.map((endpoint) => [hostOf(endpoint), endpoint.active]),
      [
        ['b', 0],
        ['a', 1],
      ],
    );
    held?.release();
    assert.deepEqual(
      after.endpoints.map((endpoint) => endpoint.active),
      [0, 0],
    );
  });

  it('remembers a removed endpoint while it has connections, and forgets it after', () => {
    const first = createEndpointSet(target('RoundRobin', { a: 1, b: 1 }));
    const [a, b] = first.endpoints;
    a?.acquire();
    b?.acquire();
    const without = createEndpointSet(target('RoundRobin', { c: 1 }), first);
    b?.release();
    const back = createEndpointSet(
      target('RoundRobin', { a: 1, b: 1 }),
      createEndpointSet(target('RoundRobin', { c: 1 }), without),
    );
    assert.deepEqual(
      back.endpoints.map((endpoint) => endpoint.active),
      [1, 0],
    );
    assert.notEqual(back.endpoints[1]?.load, b?.load);
  });

  it('goes on with the rotation after a reload instead of starting with the first endpoint again', () => {
    let set: EndpointSet | undefined;
    const hosts = Array.from({ length: 9 }, () => {
      set = createEndpointSet(target('RoundRobin', { a: 1, b: 1, c: 1 }), set);
      return hostOf(set.pick(noneTried, noRandom));
    });
    assert.deepEqual(countBy(hosts), { a: 3, b: 3, c: 3 });
  });

  it('ignores a release too many', () => {
    const [endpoint] = createEndpointSet(target('RoundRobin', { a: 1 })).endpoints;
    endpoint?.acquire();
    endpoint?.release();
    endpoint?.release();
    assert.equal(endpoint?.active, 0);
  });

  it('knows the address of an endpoint that has one in place of a name', () => {
    const set = createEndpointSet(target('RoundRobin', { '10.0.0.7': 1, 'web.internal': 1 }));
    assert.deepEqual(
      set.endpoints.map((endpoint) => endpoint.literal?.word0 ?? null),
      [0x0a000007, null],
    );
  });
});
