import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfigParts, buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import { openProxy } from './open-proxy.ts';
import { addressOf, ScriptedResolver } from './scripted-resolver.ts';

const verifier = createScryptVerifier('secret');
const basic = `Proxy-Authorization: Basic ${Buffer.from('alice:secret').toString('base64')}\r\n`;
const greeting = buildSocks5Greeting([2]);
const login = buildSocks5Login('alice', 'secret');
const anonymous = 'name: out, match: {}, action: ForwardProxy, forward: { anonymous: true }';
const welcome = Buffer.of(5, 2, 1, 0);

function alice(allow: string): string {
  return `name: alice, password: { scrypt: "${verifier}" }, allow: [${allow}]`;
}

/** One listener of a forward proxy; alice may go to the loopback unless the users are others. */
function forwardConfig(parts: Partial<ConfigParts> = {}): string {
  return buildConfig({
    routes: ['name: out, match: {}, action: ForwardProxy'],
    users: [alice('{ cidrs: [127.0.0.0/8] }')],
    ...parts,
  });
}

function httpConnect(target: string, headers = basic): string {
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`;
}

function socks5Reply(code: number): Buffer {
  return Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0);
}

describe('the forward driver: tunnels', () => {
  it('opens one for SOCKS5 step by step, and passes on what the client sends behind its request', async (t) => {
    const upstream = await startEchoOrigin(t);
    const proxy = openProxy(t, forwardConfig());
    const client = await proxy.connect();
    client.send(greeting);
    assert.deepEqual(await client.receive(2), Buffer.of(5, 2));
    client.send(login);
    assert.deepEqual(await client.receive(2), Buffer.of(1, 0));
    client.send(Buffer.concat([buildSocks5Connect(upstream.host, upstream.port), Buffer.from('early')]));
    assert.deepEqual(await client.receive(10), socks5Reply(0));
    assert.equal((await client.receive(5)).toString(), 'early');
    client.finish();
    const record = await proxy.recordOf(client);
    const { protocol, user, route, endpoint, closedBy, reason } = record;
    assert.deepEqual([protocol, user, route, endpoint], ['SOCKS5', 'alice', 'out', null]);
    assert.deepEqual([closedBy, reason], ['Client', 'Finished']);
    assert.ok(record.upstream !== null);
    assert.equal(formatSocketAddress(record.upstream, record.upstreamPort), `${upstream.host}:${upstream.port}`);
  });

  it('answers a client that says everything at once, as it answers one that says it byte by byte', async (t) => {
    const upstream = await startNamedOrigin(t, 'there');
    const proxy = openProxy(t, forwardConfig());
    const flight = Buffer.concat([greeting, login, buildSocks5Connect(upstream.host, upstream.port)]);
    const expected = Buffer.concat([welcome, socks5Reply(0), Buffer.from('there\n')]);
    const atOnce = await proxy.connect();
    atOnce.send(flight);
    assert.deepEqual(await atOnce.receive(expected.length), expected);
    const slow = await proxy.connect();
    for (const byte of flight) slow.send(Buffer.of(byte));
    assert.deepEqual(await slow.receive(expected.length), expected);
  });

  it('opens one for HTTP CONNECT by name, on the address that was judged', async (t) => {
    const upstream = await startEchoOrigin(t);
    const resolver = new ScriptedResolver();
    resolver.answer('echo.test', '10.0.0.1', upstream.host);
    const proxy = openProxy(t, forwardConfig(), { resolver });
    const client = await proxy.connect();
    client.send(`${httpConnect(`echo.test:${upstream.port}`)}early`);
    assert.match(await client.receiveThrough('\r\n\r\n'), /^HTTP\/1\.1 200 /);
    assert.equal((await client.receive(5)).toString(), 'early');
    client.finish();
    const { user, upstream: dialled } = await proxy.recordOf(client);
    assert.equal(user, 'alice');
    assert.deepEqual(dialled, addressOf(upstream.host));
  });

  it('serves an anonymous client where the route says so, on public addresses alone', async (t) => {
    const upstream = await startEchoOrigin(t);
    const proxy = openProxy(t, forwardConfig({ routes: [anonymous] }));
    const client = await proxy.connect();
    client.send(Buffer.concat([buildSocks5Greeting([0]), buildSocks5Connect(upstream.host, upstream.port)]));
    assert.deepEqual(await client.receiveAll(), Buffer.concat([Buffer.of(5, 0), socks5Reply(2)]));
    const { user, closedBy, reason } = await proxy.recordOf(client);
    assert.deepEqual([user, closedBy, reason], [null, 'Policy', 'NotAllowed']);
  });
});

describe("the forward driver: refusals in the client's protocol", () => {
  it('refuses a wrong password, and a user that is none', async (t) => {
    const proxy = openProxy(t, forwardConfig());
    for (const [user, password] of [
      ['alice', 'wrong'],
      ['bob', 'secret'],
    ] as const) {
      const client = await proxy.connect();
      client.send(Buffer.concat([greeting, buildSocks5Login(user, password)]));
      assert.deepEqual(await client.receiveAll(), Buffer.of(5, 2, 1, 1));
      const record = await proxy.recordOf(client);
      assert.deepEqual([record.user, record.closedBy, record.reason], [null, 'Policy', 'AuthFailed'], user);
    }
    const http = await proxy.connect();
    http.send(httpConnect('127.0.0.1:1', ''));
    assert.match((await http.receiveAll()).toString(), /^HTTP\/1\.1 407 .*\r\nProxy-Authenticate: Basic /);
    assert.equal(await proxy.endOf(http), 'Policy AuthFailed');
  });

  it("refuses a destination that no rule names, a name's addresses and its own among them", async (t) => {
    const upstream = await startEchoOrigin(t);
    const resolver = new ScriptedResolver();
    resolver.answer('inside.test', '10.0.0.1', '169.254.169.254');
    resolver.know('self.test', '198.51.100.9');
    const own = [addressOf('198.51.100.9')];
    const users = [alice('{ domains: ["*.test"] }')];
    const proxy = openProxy(t, forwardConfig({ users }), { resolver, own });
    for (const target of [`127.0.0.1:${upstream.port}`, 'inside.test:80', 'self.test:443']) {
      const client = await proxy.connect();
      client.send(httpConnect(target));
      assert.match((await client.receiveAll()).toString(), /^HTTP\/1\.1 403 /, target);
      assert.equal(await proxy.endOf(client), 'Policy NotAllowed');
    }
    assert.equal(upstream.acceptedCount(), 0);
  });

  it('says what became of a name or a connect that failed', async (t) => {
    const refusing = await findRefusingPort();
    const resolver = new ScriptedResolver();
    resolver.fail('gone.test', 'NotFound');
    resolver.fail('busy.test', 'Overloaded');
    resolver.know('refusing.test', '10.0.0.1', refusing.host);
    const proxy = openProxy(t, forwardConfig(), { resolver });
    const cases = [
      ['gone.test', 502, 4, 'Upstream ResolveFailed'],
      ['busy.test', 503, 1, 'Limit LimitReached'],
      ['refusing.test', 502, 5, 'Upstream ConnectRefused'],
    ] as const;
    for (const [name, status, code, end] of cases) {
      const http = await proxy.connect();
      http.send(httpConnect(`${name}:${refusing.port}`));
      assert.match((await http.receiveAll()).toString(), new RegExp(`^HTTP/1\\.1 ${status} `), name);
      assert.equal(await proxy.endOf(http), end);
      const socks = await proxy.connect();
      socks.send(Buffer.concat([greeting, login, buildSocks5Connect(name, refusing.port)]));
      assert.deepEqual(await socks.receiveAll(), Buffer.concat([welcome, socks5Reply(code)]), name);
      assert.equal(await proxy.endOf(socks), end);
    }
  });

  it('says so at the deadline of detection, which no byte of the handshake moves', async (t) => {
    const proxy = openProxy(t, forwardConfig({ listener: 'detect: { timeout: 200ms }' }));
    const socks = await proxy.connect();
    socks.send(greeting);
    assert.deepEqual(await socks.receive(2), Buffer.of(5, 2));
    socks.send(login.subarray(0, 3));
    assert.deepEqual(await socks.receiveAll(), Buffer.of(1, 1));
    assert.equal(await proxy.endOf(socks), 'Deadline DetectTimeout');
    const http = await proxy.connect();
    http.send('CONNECT a:1 HTTP/1.1\r\n');
    assert.match((await http.receiveAll()).toString(), /^HTTP\/1\.1 408 /);
    assert.equal(await proxy.endOf(http), 'Deadline DetectTimeout');
  });

  it('has a word for other protocols in their own and none for what is none', async (t) => {
    const proxy = openProxy(t, forwardConfig());
    const socks4 = await proxy.connect();
    socks4.send(Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0]));
    assert.deepEqual(await socks4.receiveAll(), Buffer.of(0, 0x5b, 0, 0, 0, 0, 0, 0));
    assert.equal(await proxy.endOf(socks4), 'Policy NotAllowed');
    const ssh = await proxy.connect();
    ssh.send('SSH-2.0-x\r\n');
    assert.match((await ssh.receiveAll()).toString('latin1'), /^SSH-2\.0-sluice\r\n.+ not an SSH server/su);
    assert.equal(await proxy.endOf(ssh), 'Policy ProtocolError');
    const unknown = await proxy.connect();
    unknown.send('? ?');
    assert.equal((await unknown.receiveAll()).length, 0);
    assert.equal(await proxy.endOf(unknown), 'Policy ProtocolError');
  });
});

describe('the forward driver: while it waits', () => {
  it('refuses a user whom a reload has removed since the password was checked', async (t) => {
    const upstream = await startEchoOrigin(t);
    const proxy = openProxy(t, forwardConfig());
    const client = await proxy.connect();
    client.send(Buffer.concat([greeting, login]));
    assert.deepEqual(await client.receive(4), welcome);
    proxy.apply(forwardConfig({ users: [] }));
    client.send(buildSocks5Connect(upstream.host, upstream.port));
    assert.deepEqual(await client.receiveAll(), socks5Reply(2));
    assert.equal(await proxy.endOf(client), 'Policy NotAllowed');
  });

  it('gives a name connectTotal, and leaves a late answer alone', async (t) => {
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const listener = 'timeouts: { connect: 40ms, connectTotal: 60ms }';
    const proxy = openProxy(t, forwardConfig({ listener }), { resolver });
    const client = await proxy.connect();
    client.send(httpConnect('slow.test:80'));
    assert.match((await client.receiveAll()).toString(), /^HTTP\/1\.1 50[24] /);
    assert.match(await proxy.endOf(client), /ResolveFailed|ConnectTimeout/);
    answer('127.0.0.1');
  });

  it('answers nothing to a connection that the engine has given up meanwhile', async (t) => {
    const resolver = new ScriptedResolver();
    const answer = resolver.hold('slow.test');
    const proxy = openProxy(t, forwardConfig({ routes: [anonymous] }), { resolver, decideTimeoutMs: 60 });
    const client = await proxy.connect();
    client.send(httpConnect('slow.test:80', ''));
    assert.equal((await client.receiveAll()).length, 0);
    const { protocol, route, closedBy, reason } = await proxy.recordOf(client);
    assert.deepEqual([protocol, route, closedBy, reason], ['HTTP', 'out', 'Deadline', 'DecideTimeout']);
    answer('127.0.0.1');
  });
});
