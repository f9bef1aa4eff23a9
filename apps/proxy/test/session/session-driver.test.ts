import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { buildProxyHeaderV1, buildProxyHeaderV2Local } from '@sluice/testkit/proxy-header.ts';
import { routeTo } from '@sluice/testkit/route-to.ts';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import { helloFor } from '../detect/client-hello-builder.ts';
import { openProxy } from './open-proxy.ts';
import { ScriptedResolver } from './scripted-resolver.ts';

const origin = { host: '203.0.113.7', port: 40_000 };
const edge = { host: '192.0.2.1', port: 443 };
const echoAll = 'name: echo, match: {}, action: Echo';

describe('the session driver: from first bytes to a route', () => {
  it('decides once on a hello that comes byte by byte, and replays it whole', async (t) => {
    const upstream = await startNamedOrigin(t, 'web');
    const route = routeTo('web', [upstream.url], { match: 'sni: [www.example.com], alpn: [h2]' });
    const proxy = openProxy(t, buildConfig({ routes: [route] }));
    const client = await proxy.connect();
    const hello = helloFor('WWW.example.com', ['h2', 'http/1.1']);
    for (const byte of hello) client.send(Buffer.of(byte));
    assert.equal(await client.receiveThrough('\n'), 'web\n');
    client.finish();
    const record = await proxy.recordOf(client);
    assert.deepEqual(upstream.received(), [hello]);
    const { protocol, sni, alpn, route: name, endpoint, bytesUp, bytesDown } = record;
    assert.deepEqual(
      { protocol, sni, alpn, name, endpoint, bytesUp, bytesDown },
      {
        protocol: 'TLS',
        sni: 'www.example.com',
        alpn: ['h2', 'http/1.1'],
        name: 'web',
        endpoint: upstream.url,
        bytesUp: hello.length,
        bytesDown: 4,
      },
    );
    assert.equal(`${record.closedBy} ${record.reason}`, 'Client Finished');
    for (const us of [record.detectUs, record.decideUs, record.connectUs, record.firstByteUs]) assert.ok(us >= 0);
    assert.ok(record.durationUs >= record.detectUs + record.decideUs + record.connectUs);
  });

  it('routes an Unknown client at the detection deadline, and says DetectTimeout where nothing takes it', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [], listener: 'detect: { timeout: 150ms }' }));
    const silent = await proxy.connect();
    assert.equal(await silent.end(), 'Ended');
    assert.equal(await proxy.endOf(silent), 'Deadline DetectTimeout');
    proxy.apply(buildConfig({ routes: [echoAll], listener: 'detect: { timeout: 150ms }' }));
    const begun = await proxy.connect();
    begun.send('GE');
    assert.equal((await begun.receive(2)).toString(), 'GE');
    begun.finish();
    const record = await proxy.recordOf(begun);
    assert.deepEqual([record.protocol, record.route, record.bytesDown], ['Unknown', 'echo', 2]);
  });

  it("routes by the client's end of stream after some bytes, and drops a client that leaves without one", async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [echoAll] }));
    const begun = await proxy.connect();
    begun.send('GE');
    begun.finish();
    assert.equal((await begun.receiveAll()).toString(), 'GE');
    assert.equal(await proxy.endOf(begun), 'Client Finished');
    const mute = await proxy.connect();
    mute.finish();
    assert.equal(await mute.end(), 'Ended');
    const record = await proxy.recordOf(mute);
    assert.deepEqual(
      [record.reason, record.protocol, record.route, record.detectUs],
      ['ClientGone', 'Unknown', null, -1],
    );
  });

  it('closes what no route takes, or resets it where the listener says so', async (t) => {
    const ssh = 'name: shell, match: { protocol: SSH }, action: Ban';
    const proxy = openProxy(t, buildConfig({ routes: [ssh] }));
    const closed = await proxy.connect();
    closed.send('GET / HTTP/1.1\r\n');
    assert.equal(await closed.end(), 'Ended');
    assert.equal(await proxy.endOf(closed), 'Policy NoRoute');
    const banned = await proxy.connect();
    banned.send('SSH-2.0-x\r\n');
    assert.equal(await banned.end(), 'Ended');
    const record = await proxy.recordOf(banned);
    assert.deepEqual([record.closedBy, record.reason, record.route], ['Policy', 'Banned', 'shell']);
    proxy.apply(buildConfig({ routes: [ssh], listener: 'noRoute: Reset' }));
    const reset = await proxy.connect();
    reset.send('GET / HTTP/1.1\r\n');
    assert.equal(await reset.end(), 'Reset');
    assert.equal(await proxy.endOf(reset), 'Policy NoRoute');
  });

  it('routes at accept, before any byte, where no protocol is looked for', async (t) => {
    const upstream = await startNamedOrigin(t, 'speaks-first');
    const text = buildConfig({ routes: [routeTo('all', [upstream.url])], listener: 'detect: { protocols: [] }' });
    const proxy = openProxy(t, text);
    const client = await proxy.connect();
    assert.equal(await client.receiveThrough('\n'), 'speaks-first\n');
    client.finish();
    const record = await proxy.recordOf(client);
    assert.deepEqual([record.protocol, record.reason, record.bytesUp], ['Unknown', 'Finished', 0]);
  });
});

describe('the session driver: PROXY protocol headers', () => {
  const trusting = 'proxyProtocol: { trust: [127.0.0.0/8] }';

  it('takes the client from a header in pieces, strips it, and routes by that source', async (t) => {
    const upstream = await startEchoOrigin(t);
    const inside = routeTo('inside', [upstream.url], { match: 'sources: [203.0.113.0/24]' });
    const proxy = openProxy(t, buildConfig({ routes: [inside], listener: trusting }));
    const client = await proxy.connect();
    for (const byte of buildProxyHeaderV1(origin, edge)) client.send(Buffer.of(byte));
    client.send('SSH-2.0-x\r\n');
    assert.equal((await client.receive(11)).toString(), 'SSH-2.0-x\r\n');
    client.finish();
    await client.end();
    await eventually(() => assert.equal(proxy.records.length, 1), { intervalMs: 2 });
    const [record] = proxy.records;
    assert.ok(record !== undefined);
    assert.equal(formatSocketAddress(record.client, record.clientPort), '203.0.113.7:40000');
    assert.deepEqual([record.protocol, record.route], ['SSH', 'inside']);
  });

  it("keeps the connection's own address for LOCAL, also where no protocol is looked for", async (t) => {
    const listener = `${trusting}, detect: { protocols: [] }`;
    const proxy = openProxy(t, buildConfig({ routes: [echoAll], listener }));
    const client = await proxy.connect();
    client.send(Buffer.concat([buildProxyHeaderV2Local(), Buffer.from('ping')]));
    assert.equal((await client.receive(4)).toString(), 'ping');
    client.finish();
    assert.equal(await proxy.endOf(client), 'Client Finished');
  });

  it('closes a trusted client that sends none, breaks one, or stops in the middle of one', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [echoAll], listener: trusting }));
    for (const start of ['GET / HTTP/1.1\r\n', 'PROXY TCP4 nonsense\r\n', 'PROXY TCP4 203.0']) {
      const client = await proxy.connect();
      client.send(start);
      client.finish();
      assert.equal((await client.receiveAll()).length, 0);
      assert.equal(await proxy.endOf(client), 'Policy ProtocolError', start);
    }
  });
});

describe('the session driver: ends', () => {
  it('records a client that resets, and one over the limit of its listener', async (t) => {
    const proxy = openProxy(t, buildConfig({ routes: [echoAll], listener: 'limits: { connections: 1 }' }));
    const first = await proxy.connect();
    first.send('SSH-2.0-x');
    await first.receive(9);
    const second = await proxy.connect();
    assert.notEqual(await second.end(), 'Closed');
    assert.equal(await proxy.endOf(second), 'Limit LimitReached');
    first.reset();
    assert.equal(await proxy.endOf(first), 'Client ClientReset');
  });

  it('says who ended first when both sides finish', async (t) => {
    const upstream = await startEchoOrigin(t);
    const proxy = openProxy(t, buildConfig({ routes: [routeTo('all', [upstream.url])] }));
    const client = await proxy.connect();
    client.send('SSH-2.0-x');
    await client.receive(9);
    await upstream.close();
    assert.match(await client.end(), /Ended|Reset/);
    client.finish();
    assert.match(await proxy.endOf(client), /^Upstream /);
  });

  it('releases a turn the engine has given up, and leaves the late answer alone', async (t) => {
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const text = buildConfig({ routes: [routeTo('slow', ['tcp://slow.test:1'])] });
    const proxy = openProxy(t, text, { resolver, decideTimeoutMs: 60 });
    const client = await proxy.connect();
    client.send('SSH-2.0-x');
    assert.equal(await proxy.endOf(client), 'Deadline DecideTimeout');
    answer('127.0.0.1');
    await client.end();
  });

  it('closes the one connection a defect hits and serves the next', async (t) => {
    const resolver = new ScriptedResolver();
    resolver.cached = (): never => {
      throw new Error('a defect');
    };
    const routes = [routeTo('broken', ['tcp://broken.test:1'], { match: 'protocol: SSH' }), echoAll];
    const proxy = openProxy(t, buildConfig({ routes }), { resolver });
    const hit = await proxy.connect();
    hit.send('SSH-2.0-x');
    assert.equal(await hit.end(), 'Ended');
    assert.equal(await proxy.endOf(hit), 'Error Internal');
    assert.equal(proxy.sessions.size, 0);
    assert.match(String(proxy.defects.shift()), /a defect/);
    const next = await proxy.connect();
    next.send('GET / HTTP/1.1\r\n');
    assert.equal((await next.receive(16)).toString(), 'GET / HTTP/1.1\r\n');
  });
});
