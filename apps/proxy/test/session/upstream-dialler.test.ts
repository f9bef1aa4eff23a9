import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openBlackHole } from '@sluice/testkit/black-hole-address.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import type { TcpClient } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import type { EndedConnection } from '../../src/session/record-batch.ts';
import { type OpenProxy, openProxy } from './open-proxy.ts';
import { ScriptedResolver } from './scripted-resolver.ts';

const hello = 'SSH-2.0-x\r\n';

/** A loopback address of this test alone: on another one with the same port nobody listens. */
function ownLoopback(): string {
  return `127.${randomInt(100, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
}

async function greet(proxy: OpenProxy): Promise<TcpClient> {
  const client = await proxy.connect();
  client.send(hello);
  return client;
}

function dialled({ endpoint, upstream, upstreamPort }: EndedConnection): readonly (string | null)[] {
  return [endpoint, upstream === null ? null : formatSocketAddress(upstream, upstreamPort)];
}

describe('the upstream dialler: the next endpoint', () => {
  it('tries each endpoint once in balance order and replays the bytes to the one that answers', async (t) => {
    const dead = [await findRefusingPort(), await findRefusingPort()].map(({ host, port }) => `tcp://${host}:${port}`);
    const alive = await startNamedOrigin(t, 'third');
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', [...dead, alive.url])] }));
    for (let round = 0; round < 3; round++) {
      const client = await greet(proxy);
      assert.equal(await client.receiveThrough('\n'), 'third\n');
      client.finish();
      assert.deepEqual(dialled(await proxy.recordOf(client)), [alive.url, alive.url.slice('tcp://'.length)]);
    }
    assert.deepEqual(alive.received().map(String), [hello, hello, hello]);
  });

  it('closes with the last failure when none is left, and a drained endpoint is none', async (t) => {
    const first = await findRefusingPort();
    const last = await findRefusingPort();
    const drained = await startNamedOrigin(t, 'drained');
    const [one, two] = [first, last].map(({ host, port }) => `tcp://${host}:${port}`);
    const endpoints = `[{ url: "${one}" }, { url: "${drained.url}", weight: 0 }, { url: "${two}" }]`;
    const proxy = openProxy(t, buildConfig({ routes: [`name: all, match: {}, to: { endpoints: ${endpoints} }`] }));
    const client = await greet(proxy);
    assert.equal((await client.receiveAll()).length, 0);
    const record = await proxy.recordOf(client);
    assert.deepEqual([record.closedBy, record.reason], ['Upstream', 'ConnectRefused']);
    assert.deepEqual(dialled(record), [two, two?.slice('tcp://'.length)]);
    assert.equal(record.connectUs, -1);
    assert.equal(drained.acceptedCount(), 0);
  });

  it('takes and refuses what comes to a route without an endpoint, be there others behind it', async (t) => {
    const drained = await startNamedOrigin(t, 'drained');
    const other = await startNamedOrigin(t, 'other');
    for (const endpoints of ['[]', `[{ url: "${drained.url}", weight: 0 }]`]) {
      const routes = [
        `name: ssh, match: { protocol: SSH }, to: { endpoints: ${endpoints} }`,
        routeTo('rest', [other.url]),
      ];
      const proxy = openProxy(t, buildConfig({ routes }));
      const client = await greet(proxy);
      assert.equal((await client.receiveAll()).length, 0);
      const record = await proxy.recordOf(client);
      assert.deepEqual(
        [record.closedBy, record.reason, record.route, ...dialled(record)],
        ['Upstream', 'NoEndpoint', 'ssh', null, null],
      );
    }
    assert.deepEqual([drained.acceptedCount(), other.acceptedCount()], [0, 0]);
  });

  it('gives an endpoint that does not answer `connect` and no more', async (t) => {
    const hole = await openBlackHole(t);
    const alive = await startNamedOrigin(t, 'second');
    const urls = [`tcp://${hole.host}:${hole.port}`, alive.url];
    const listener = 'timeouts: { connect: 200ms }';
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', urls)], listener }));
    const client = await greet(proxy);
    assert.equal(await client.receiveThrough('\n'), 'second\n');
    proxy.apply(buildConfig({ routes: [routeTo('all', urls.slice(0, 1))], listener }));
    const lost = await greet(proxy);
    assert.equal(await lost.end(), 'Ended');
    assert.equal(await proxy.endOf(lost), 'Deadline ConnectTimeout');
  });

  it('dials a unix socket, and goes on when nobody has bound the path', async (t) => {
    const directory = await createTemporaryDirectory(t);
    const alive = await startEchoOrigin(t, { path: join(directory, 'alive') });
    const urls = [`unix://${join(directory, 'absent')}`, alive.url];
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', urls)] }));
    const client = await greet(proxy);
    assert.equal((await client.receive(hello.length)).toString(), hello);
    client.finish();
    assert.deepEqual(dialled(await proxy.recordOf(client)), [alive.url, null]);
    proxy.apply(buildConfig({ routes: [routeTo('all', urls.slice(0, 1))] }));
    const lost = await greet(proxy);
    assert.equal(await proxy.endOf(lost), 'Upstream ConnectRefused');
  });

  it('counts a connection on the endpoint it is with, until it ends', async (t) => {
    const dead = await findRefusingPort();
    const alive = await startEchoOrigin(t);
    const urls = [`tcp://${dead.host}:${dead.port}`, alive.url];
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', urls)] }));
    const client = await greet(proxy);
    await client.receive(hello.length);
    const counts = (): readonly (number | undefined)[] => {
      const set = proxy.inForce().endpointsByRoute.get('all');
      return urls.map((url) => set?.loadOf(url)?.active);
    };
    assert.deepEqual(counts(), [0, 1]);
    client.finish();
    await proxy.recordOf(client);
    assert.deepEqual(counts(), [0, 0]);
  });
});

describe('the upstream dialler: names', () => {
  it("dials a name's addresses in the resolver's order, of the family the URL asks for", async (t) => {
    const alive = await startNamedOrigin(t, 'by-name', { host: ownLoopback() });
    const resolver = new ScriptedResolver();
    resolver.answer('web.test', ownLoopback(), alive.host);
    const url = `tcp4://web.test:${alive.port}`;
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', [url])] }), { resolver });
    const client = await greet(proxy);
    assert.equal(await client.receiveThrough('\n'), 'by-name\n');
    client.finish();
    assert.deepEqual(dialled(await proxy.recordOf(client)), [url, `${alive.host}:${alive.port}`]);
    assert.deepEqual(resolver.asked, ['web.test/4']);
  });

  it('asks for a name no more once the resolver has it at hand', async (t) => {
    const alive = await startNamedOrigin(t, 'at-hand');
    const resolver = new ScriptedResolver();
    resolver.know('web.test', alive.host);
    const routes = [routeTo('all', [`tcp://web.test:${alive.port}`])];
    const proxy = openProxy(t, buildConfig({ routes }), { resolver });
    const client = await greet(proxy);
    assert.equal(await client.receiveThrough('\n'), 'at-hand\n');
    assert.deepEqual(resolver.asked, []);
  });

  it('goes on to the next endpoint when a name does not resolve, and says ResolveFailed when none is left', async (t) => {
    const alive = await startNamedOrigin(t, 'next');
    const resolver = new ScriptedResolver();
    resolver.fail('gone.test', 'NotFound');
    const gone = 'tcp://gone.test:1';
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', [gone, alive.url])] }), { resolver });
    const client = await greet(proxy);
    assert.equal(await client.receiveThrough('\n'), 'next\n');
    proxy.apply(buildConfig({ routes: [routeTo('all', [gone])] }));
    const lost = await greet(proxy);
    assert.equal(await lost.end(), 'Ended');
    const record = await proxy.recordOf(lost);
    assert.deepEqual([record.closedBy, record.reason], ['Upstream', 'ResolveFailed']);
    assert.deepEqual(dialled(record), [gone, null]);
  });

  it('gives a name that is not answered `connect`, then takes the next endpoint', async (t) => {
    const alive = await startNamedOrigin(t, 'next');
    const resolver = new ScriptedResolver();
    resolver.hold('slow.test');
    const routes = [routeTo('all', ['tcp://slow.test:1', alive.url])];
    const proxy = openProxy(t, buildConfig({ routes, listener: 'timeouts: { connect: 150ms }' }), { resolver });
    const client = await greet(proxy);
    assert.equal(await client.receiveThrough('\n'), 'next\n');
  });

  it('dials nothing once connectTotal has passed, whatever is left to try', async (t) => {
    let now = 1000;
    const alive = await startNamedOrigin(t, 'too-late');
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const routes = [routeTo('all', [`tcp://slow.test:${alive.port}`, alive.url])];
    const listener = 'timeouts: { connect: 5s, connectTotal: 15s }';
    const proxy = openProxy(t, buildConfig({ routes, listener }), { resolver, nowMs: () => now });
    const client = await greet(proxy);
    await eventually(() => assert.deepEqual(resolver.asked, ['slow.test/0']), { intervalMs: 2 });
    now += 15_000;
    answer(alive.host);
    assert.equal(await client.end(), 'Ended');
    assert.equal(await proxy.endOf(client), 'Deadline ConnectTimeout');
    assert.equal(alive.acceptedCount(), 0);
  });

  it("spends an endpoint's `connect` over all addresses of its name", async (t) => {
    let now = 1000;
    const late = await startNamedOrigin(t, 'late');
    const alive = await startNamedOrigin(t, 'next');
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const routes = [routeTo('all', [`tcp://slow.test:${late.port}`, alive.url])];
    const proxy = openProxy(t, buildConfig({ routes }), { resolver, nowMs: () => now });
    const client = await greet(proxy);
    await eventually(() => assert.equal(resolver.asked.length, 1), { intervalMs: 2 });
    now += 5000;
    answer(late.host);
    assert.equal(await client.receiveThrough('\n'), 'next\n');
    assert.equal(late.acceptedCount(), 0);
  });

  it('leaves a connection alone that ended while its name was looked up', async (t) => {
    const alive = await startNamedOrigin(t, 'nobody');
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const routes = [routeTo('all', [`tcp://slow.test:${alive.port}`])];
    const proxy = openProxy(t, buildConfig({ routes }), { resolver, decideTimeoutMs: 50 });
    const client = await greet(proxy);
    const record = await proxy.recordOf(client);
    assert.deepEqual([record.reason, record.protocol, record.route], ['DecideTimeout', 'SSH', 'all']);
    answer(alive.host);
    await eventually(() => assert.equal(proxy.sessions.size, 0), { intervalMs: 2 });
    assert.equal(proxy.inForce().endpointsByRoute.get('all')?.endpoints[0]?.active, 0);
    assert.equal(alive.acceptedCount(), 0);
  });
});
