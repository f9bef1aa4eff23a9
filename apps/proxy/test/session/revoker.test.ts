import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import type { TcpClient } from '@sluice/testkit/tcp-client.ts';
import type { PackedUser } from '../../src/users/packed-user.ts';
import { type OpenProxy, openProxy } from './open-proxy.ts';

const verifier = createScryptVerifier('secret');
const other = createScryptVerifier('other');
const loopback = JSON.stringify([{ domains: [], cidrs: ['127.0.0.0/8'], ports: [] }]);
const nowhere = JSON.stringify([{ domains: [], cidrs: ['10.0.0.0/8'], ports: [] }]);

function alice(change: Partial<PackedUser> = {}): PackedUser {
  return {
    name: 'alice',
    credentials: verifier,
    allow: loopback,
    maxConnections: 0,
    isCutWhenRevoked: true,
    ...change,
  };
}

interface Opened {
  readonly proxy: OpenProxy;
  readonly connect: (password?: string) => Promise<TcpClient>;
}

/** A forward proxy whose one user is a live one. */
async function open(t: TestContext, user: PackedUser): Promise<Opened> {
  const upstream = await startEchoOrigin(t);
  const proxy = openProxy(t, buildConfig({ routes: ['name: out, match: {}, action: ForwardProxy'] }));
  proxy.changeUsers([user]);
  const connect = async (password = 'secret'): Promise<TcpClient> => {
    const client = await proxy.connect();
    const request = buildSocks5Connect(upstream.host, upstream.port);
    client.send(Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login('alice', password), request]));
    return client;
  };
  return { proxy, connect };
}

async function openTunnel({ connect }: Opened, password?: string): Promise<TcpClient> {
  const client = await connect(password);
  assert.deepEqual(await client.receive(14), Buffer.of(5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  await assertAlive(client);
  return client;
}

async function assertAlive(client: TcpClient): Promise<void> {
  client.send('still');
  assert.equal((await client.receive(5)).toString(), 'still');
}

describe('withdrawn permissions', () => {
  const withdrawals: Readonly<Record<string, (proxy: OpenProxy) => void>> = {
    'the user goes': (proxy) => proxy.changeUsers([], ['alice']),
    'its credential goes': (proxy) => proxy.changeUsers([alice({ credentials: other })]),
    'its destination is no longer allowed': (proxy) => proxy.changeUsers([alice({ allow: nowhere })]),
    'the file has another user of the name': (proxy) =>
      proxy.apply(
        buildConfig({
          routes: ['name: out, match: {}, action: ForwardProxy'],
          users: [`name: alice, password: { scrypt: "${other}" }, onRevoke: Disconnect`],
        }),
      ),
  };
  for (const [what, withdraw] of Object.entries(withdrawals)) {
    it(`cut the tunnel when ${what} and the user says Disconnect`, async (t) => {
      const opened = await open(t, alice());
      const client = await openTunnel(opened);
      withdraw(opened.proxy);
      assert.match(await client.end(), /Reset|Ended/);
      assert.equal(await opened.proxy.endOf(client), 'Policy Revoked');
      assert.equal(opened.proxy.revoker.cut, 1);
    });
  }

  it('leave tunnels alone where the user says Keep', async (t) => {
    const opened = await open(t, alice({ isCutWhenRevoked: false }));
    const client = await openTunnel(opened);
    opened.proxy.changeUsers([alice({ isCutWhenRevoked: false, allow: nowhere, credentials: other })]);
    await assertAlive(client);
    opened.proxy.changeUsers([], ['alice']);
    await assertAlive(client);
    assert.equal(opened.proxy.revoker.cut, 0);
  });

  it('leave tunnels alone that another change of their user does not touch', async (t) => {
    const opened = await open(t, alice());
    const client = await openTunnel(opened);
    opened.proxy.changeUsers([alice({ credentials: `${other}\n${verifier}`, maxConnections: 1 })]);
    opened.proxy.changeUsers([alice({ name: 'bob' })], ['carol']);
    await assertAlive(client);
    assert.equal(opened.proxy.revoker.cut, 0);
  });

  it('follow what the user said last, also before it went', async (t) => {
    const opened = await open(t, alice({ isCutWhenRevoked: false }));
    const client = await openTunnel(opened);
    opened.proxy.changeUsers([alice()]);
    await assertAlive(client);
    opened.proxy.changeUsers([], ['alice']);
    assert.equal(await opened.proxy.endOf(client), 'Policy Revoked');
  });

  it('cut the tunnel when its credential ends by itself, and not one of another credential', async (t) => {
    const opened = await open(t, alice({ credentials: `${verifier} 1000\n${other}` }));
    const [ending, staying] = [await openTunnel(opened), await openTunnel(opened, 'other')];
    opened.proxy.unixMs = 1000;
    assert.equal(await opened.proxy.endOf(ending), 'Policy Revoked');
    await assertAlive(staying);
  });

  it('cut many tunnels, whatever room there is for commands', async (t) => {
    const opened = await open(t, alice());
    const clients: TcpClient[] = [];
    for (let index = 0; index < 60; index++) clients.push(await openTunnel(opened));
    opened.proxy.changeUsers([], ['alice']);
    for (const client of clients) assert.equal(await opened.proxy.endOf(client), 'Policy Revoked');
    assert.equal([...opened.proxy.tunnels.users()].length, 0);
  });
});

describe('the quota of a user', () => {
  it('refuses one tunnel more, and takes another when one has ended', async (t) => {
    const opened = await open(t, alice({ maxConnections: 2 }));
    const [first] = [await openTunnel(opened), await openTunnel(opened)];
    const refused = await opened.connect();
    assert.deepEqual((await refused.receiveAll()).subarray(4), Buffer.of(5, 1, 0, 1, 0, 0, 0, 0, 0, 0));
    assert.equal(await opened.proxy.endOf(refused), 'Limit LimitReached');
    assert.equal(opened.proxy.forward.quotaRefusals, 1);
    first.finish();
    await opened.proxy.endOf(first);
    await openTunnel(opened);
  });

  it('is told to HTTP clients as 429', async (t) => {
    const opened = await open(t, alice({ maxConnections: 1 }));
    await openTunnel(opened);
    const client = await opened.proxy.connect();
    const login = Buffer.from('alice:secret').toString('base64');
    client.send(`CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${login}\r\n\r\n`);
    assert.match((await client.receiveAll()).toString(), /^HTTP\/1\.1 429 Too Many Requests\r\n/);
    assert.equal(await opened.proxy.endOf(client), 'Limit LimitReached');
  });

  it('counts a dial that fails no longer than it lasts', async (t) => {
    const opened = await open(t, alice({ maxConnections: 1 }));
    for (let attempt = 0; attempt < 3; attempt++) {
      const client = await opened.proxy.connect();
      const request = buildSocks5Connect('127.0.0.1', 1);
      client.send(Buffer.concat([buildSocks5Greeting([2]), buildSocks5Login('alice', 'secret'), request]));
      assert.equal(await opened.proxy.endOf(client), 'Upstream ConnectRefused');
    }
    await eventually(() => assert.equal(opened.proxy.tunnels.of('alice').size, 0));
    await openTunnel(opened);
  });
});
