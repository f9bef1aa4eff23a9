/**
 * The way of a user from the REST interface to every proxy, on real servers: accepted by SOCKS5 and CONNECT once created, refused
 * once revoked, its tunnels cut where it is to be disconnected. How long that takes is measured by `make bench`.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { type ForwardProtocol, forwardProtocols, openTunnel } from '@sluice/testkit/forward-tunnel.ts';
import type { OpenServer } from '@sluice/testkit/open-server.ts';
import type { TcpClient } from '@sluice/testkit/tcp-client.ts';
import { readUsersInPostgres } from '@sluice/testkit/users-in-postgres.ts';

const password = 'correct horse';
const skip = await whyNoNatsServer();
const timeoutMs = 30_000;

interface Scene {
  readonly plane: ControlPlane;
  readonly proxies: readonly ControlledProxy[];
  readonly origin: OpenServer;
}

async function openScene(): Promise<Scene> {
  const scope = { after };
  const plane = await startControlPlane(scope);
  await plane.client.createLoopbackGroup('local');
  const proxies = await Promise.all(['one', 'two', 'three'].map((name) => plane.startProxy(name)));
  return { plane, proxies, origin: await startEchoOrigin(scope) };
}

const scene = skip === false ? await openScene() : null;

function theScene(): Scene {
  if (scene === null) throw new Error('skipped tests do not run');
  return scene;
}

async function createUser(name: string, onRevoke: 'Keep' | 'Disconnect'): Promise<void> {
  const { client } = theScene().plane;
  await client.createUser(name, { destinations: 'Rules', groups: ['local'], onRevoke });
  await client.addCredential(name, createCheapVerifier(password));
}

type Visit = (proxy: ControlledProxy, protocol: ForwardProtocol) => Promise<void>;

/** Each proxy by each protocol, until it is as it should be. */
async function everywhere(visit: Visit): Promise<void> {
  const { proxies } = theScene();
  await Promise.all(
    proxies.flatMap((proxy) =>
      forwardProtocols.map((protocol) => eventually(() => visit(proxy, protocol), { timeoutMs, intervalMs: 5 })),
    ),
  );
}

function accepted(user: string, onOpen: (client: TcpClient) => void): Visit {
  return async (proxy, protocol) => {
    const outcome = await openTunnel({ edge: proxy.edge, protocol, user, password, to: theScene().origin });
    if (outcome.kind === 'Open') onOpen(outcome.client);
    assert.equal(outcome.kind, 'Open', `${proxy.name} by ${protocol}`);
  };
}

function refused(user: string): Visit {
  return async (proxy, protocol) => {
    const outcome = await openTunnel({ edge: proxy.edge, protocol, user, password, to: theScene().origin });
    if (outcome.kind === 'Open') outcome.client.socket.destroy();
    assert.equal(outcome.kind, 'Refused', `${proxy.name} by ${protocol}`);
  };
}

async function openEverywhere(user: string): Promise<readonly TcpClient[]> {
  const clients: TcpClient[] = [];
  await everywhere(accepted(user, (client) => clients.push(client)));
  after(() => clients.forEach((client) => client.socket.destroy()));
  return clients;
}

async function echoes(client: TcpClient): Promise<void> {
  client.send('still here');
  assert.equal((await client.receive(10, timeoutMs)).toString(), 'still here');
}

test('a user created by REST is accepted by SOCKS5 and CONNECT on every proxy, and refused once revoked', {
  skip,
}, async () => {
  const { client } = theScene().plane;
  await createUser('alice', 'Keep');
  const tunnels = await openEverywhere('alice');
  await client.deleteUser('alice');
  await everywhere(refused('alice'));
  for (const tunnel of tunnels) await echoes(tunnel);
});

test('tunnels of a user to be disconnected are cut on every proxy when it is revoked', { skip }, async () => {
  const { client } = theScene().plane;
  await createUser('bob', 'Disconnect');
  const tunnels = await openEverywhere('bob');
  assert.equal(tunnels.length, 6);
  for (const tunnel of tunnels) await echoes(tunnel);
  await client.deleteUser('bob');
  for (const tunnel of tunnels) assert.ok(['Ended', 'Reset'].includes(await tunnel.end(timeoutMs)));
  await everywhere(refused('bob'));
});

test('a user comes back with a new password: the old one stays refused', { skip }, async () => {
  const { plane, proxies, origin } = theScene();
  await createUser('carol', 'Keep');
  for (const tunnel of await openEverywhere('carol')) tunnel.socket.destroy();
  await plane.client.deleteUser('carol');
  await plane.client.createUser('carol', { destinations: 'Rules', groups: ['local'] });
  await plane.client.addCredential('carol', createCheapVerifier('another'));
  for (const proxy of proxies) {
    await eventually(
      async () => {
        const asked = { edge: proxy.edge, protocol: 'Socks5', user: 'carol', to: origin } as const;
        const outcome = await openTunnel({ ...asked, password: 'another' });
        if (outcome.kind === 'Open') outcome.client.socket.destroy();
        assert.equal(outcome.kind, 'Open');
        assert.equal((await openTunnel({ ...asked, password })).kind, 'Refused');
      },
      { timeoutMs },
    );
  }
});

test('every proxy has the digest that decision 0010 gives for the rows in Postgres', { skip }, async () => {
  const { plane, proxies } = theScene();
  await createUser('dave', 'Disconnect');
  await plane.client.patchUser('dave', { enabled: false });
  await createUser('erin', 'Disconnect');
  for (const proxy of proxies) {
    await eventually(
      async () => {
        const truth = await readUsersInPostgres(plane.postgres, plane.database);
        const { digest, count, source, isCurrent } = await proxy.users();
        assert.deepEqual({ digest, count }, { digest: truth.digest, count: truth.count });
        assert.deepEqual({ source, isCurrent }, { source: 'Live', isCurrent: true });
      },
      { timeoutMs },
    );
  }
});
