/**
 * Packets per connection, counted by the kernel in a network namespace of the test's own: a plain proxy sends 20 where a
 * direct connection has 10; the packet diet's promise is 17.5 at most.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Address } from '@sluice/testkit/address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { type NetworkNamespace, openNetworkNamespace } from '@sluice/testkit/network-namespace.ts';
import { countTcpSegments } from '@sluice/testkit/packet-counter.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { startSluice } from '@sluice/testkit/sluice-process.ts';
import { type ShortConnections, startShortConnections } from '@sluice/testkit/start-short-connections.ts';

const connections = 400;
const parallel = 8;

interface Bench {
  readonly namespace: NetworkNamespace;
  readonly load: ShortConnections;
}

async function prepare(t: TestContext): Promise<Bench | null> {
  const opened = await openNetworkNamespace(t);
  if (opened.kind === 'notPermitted') {
    t.skip(`no network namespace: ${opened.reason}`);
    return null;
  }
  return { namespace: opened.namespace, load: await startShortConnections(t, opened.namespace) };
}

async function packetsPerConnection({ namespace, load }: Bench, target: Address): Promise<number> {
  assert.equal(await load.open(target, 50, parallel), 50);
  const before = await countTcpSegments(namespace);
  assert.equal(await load.open(target, connections, parallel), connections);
  return ((await countTcpSegments(namespace)) - before) / connections;
}

async function startInside(t: TestContext, bench: Bench, top: string): Promise<Address> {
  const route = routeTo('tls', [`tcp://127.0.0.1:${bench.load.origin.port}`], { match: 'sni: ["a.test"]' });
  const config = buildConfig({ top, routes: [route] });
  const sluice = await startSluice(t, { config, prefix: bench.namespace.prefix });
  return sluice.address('edge');
}

test('a connection costs at most 17.5 packets with the packet diet, against 10 direct', async (t) => {
  const bench = await prepare(t);
  if (bench === null) return;
  const direct = await packetsPerConnection(bench, bench.load.origin);
  const proxied = await packetsPerConnection(bench, await startInside(t, bench, ''));
  t.diagnostic(`${direct.toFixed(2)} direct, ${proxied.toFixed(2)} through the proxy`);
  assert.ok(direct > 9 && direct < 11, `the count itself is off: ${direct} direct`);
  assert.ok(proxied <= 17.5, `${proxied} packets`);
});

test('control: without the diet the same connection costs more than 18.5', async (t) => {
  const bench = await prepare(t);
  if (bench === null) return;
  const off = 'datapath: { packetDiet: { delayedAck: false, coalesceFin: false, optimisticSend: false } }';
  const proxied = await packetsPerConnection(bench, await startInside(t, bench, off));
  t.diagnostic(`${proxied.toFixed(2)} without the diet`);
  assert.ok(proxied > 18.5, `${proxied} packets`);
});
