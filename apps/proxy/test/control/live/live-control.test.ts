import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createMemoryStore, type MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { LiveRange } from './live-range.ts';
import { type LiveProxy, startLiveProxy } from './live-proxy.ts';

const scrypt = createScryptVerifier('secret');
const loopback = [{ cidrs: ['127.0.0.0/8'] }];
const alice = { password: { scrypt }, allow: loopback, onRevoke: 'Disconnect' };
const forward = 'routes: [{ name: out, match: { protocol: SOCKS5 }, action: ForwardProxy }]\n';

function fileWith(rest: string, control = ''): string {
  return `admin: { bind: "127.0.0.1:0" }
log: { access: false }
control: { name: p-${randomUUID().slice(0, 8)}, startTimeout: 1s${control} }
listeners: [{ name: edge, bind: ["127.0.0.1:0"], timeouts: { drain: 50ms } }]
${rest}`;
}

interface World {
  readonly store: MemoryStore;
  readonly users: LiveRange;
  readonly routing: LiveRange;
  readonly start: (text?: string) => Promise<LiveProxy>;
}

async function open(t: TestContext): Promise<World> {
  const store = createMemoryStore();
  const users = new LiveRange(t, 'users', store.connect());
  const routing = new LiveRange(t, 'routing', store.connect());
  await Promise.all([users.put('User', 'nobody', null), routing.put('Route', 'nothing', null)]);
  let count = 0;
  const start = (text = fileWith(forward)): Promise<LiveProxy> => {
    count += 1;
    return startLiveProxy(t, text, { bus: () => store.connect(), name: `proxy-${count}` });
  };
  return { store, users, routing, start };
}

/** All ranges of the proxies have what the publishers say. */
async function settled({ users, routing }: World, proxies: readonly LiveProxy[]): Promise<void> {
  await eventually(() => {
    const expected = { users: users.publisher.status().digest, routing: routing.publisher.status().digest };
    for (const { status } of proxies) {
      const digests = Object.fromEntries(status.ranges.map(({ range, digest }) => [range, digest]));
      assert.deepEqual(digests, expected);
      assert.ok(status.isComplete && status.ranges.every(({ isCurrent }) => isCurrent));
    }
  });
}

describe('live users', () => {
  it('reach every proxy, log in, and are refused and cut when they are revoked', async (t) => {
    const world = await open(t);
    const origin = await startEchoOrigin(t);
    const proxies = await Promise.all([world.start(), world.start(), world.start()]);
    await settled(world, proxies);
    for (const proxy of proxies) assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 'refused');
    await world.users.put('User', 'alice', alice);
    await settled(world, proxies);
    const tunnels = await Promise.all(proxies.map((proxy) => proxy.socks5(t, origin, ['alice', 'secret'])));
    assert.deepEqual(
      tunnels.map(({ answer }) => answer),
      [0, 0, 0],
    );
    await world.users.put('User', 'alice', null);
    for (const { client } of tunnels) assert.match(await client.end(), /Ended|Reset/);
    for (const proxy of proxies) assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 'refused');
  });

  it('that are wrong are rejected with the reason, and keep their last good version', async (t) => {
    const world = await open(t);
    const origin = await startEchoOrigin(t);
    const proxy = await world.start();
    await world.users.put('User', 'alice', alice);
    await settled(world, [proxy]);
    await world.users.put('User', 'alice', {
      ...alice,
      allow: [{ cidrs: ['127.0.0.1/8'] }],
      quota: { connections: 0 },
    });
    await world.users.put('User', 'bob', { password: { scrypt, bcrypt: '$2b$hunter2' } });
    await world.users.put('User', 'carol', { credentials: [{ scrypt }], allow: loopback });
    await settled(world, [proxy]);
    await eventually(() => {
      const [first = '', second = ''] = proxy.rejected('users').toSorted();
      assert.match(
        first,
        /^users\.alice: \/allow\/0\/cidrs\/0: "127\.0\.0\.1\/8" has bits set beyond.*; \/quota\/connections: expected/,
      );
      assert.match(
        second,
        /^users\.bob: \/password\/bcrypt: the value is not a well-formed bcrypt verifier.*password has scrypt and bcrypt/,
      );
      assert.ok(!second.includes('hunter2'));
    });
    assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 0);
    assert.equal((await proxy.socks5(t, origin, ['carol', 'secret'])).answer, 0);
    assert.equal((await proxy.socks5(t, origin, ['bob', 'secret'])).answer, 'refused');
  });

  it("stay hidden behind the file's user of the name, and come out when the file has none", async (t) => {
    const world = await open(t);
    const origin = await startEchoOrigin(t);
    const other = createScryptVerifier('other');
    const text = fileWith(
      `${forward}users: [{ name: alice, password: { scrypt: "${other}" }, allow: [{ cidrs: [127.0.0.0/8] }] }]\n`,
    );
    const proxy = await world.start(text);
    await world.users.put('User', 'alice', alice);
    await settled(world, [proxy]);
    await eventually(() =>
      assert.deepEqual(proxy.rejected('users'), [
        'users.alice: a user in line 6 of sluice.yaml has this name, and the file wins (give it another name)',
      ]),
    );
    assert.equal((await proxy.socks5(t, origin, ['alice', 'other'])).answer, 0);
    assert.deepEqual(await proxy.reload(text.replace(/users: .*\n/, '')), []);
    assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 0);
    assert.equal((await proxy.socks5(t, origin, ['alice', 'other'])).answer, 'refused');
  });
});

const timeouts = { drain: '50ms' };
const echo = { match: { protocol: 'SSH' }, action: 'Echo' };

describe('live routes and listeners', () => {
  it("are served beside the file's, move without a gap, and go", async (t) => {
    const world = await open(t);
    const proxy = await world.start();
    await world.routing.put('Listener', 'live', { bind: ['127.0.0.1:0'], timeouts });
    await world.routing.put('Route', 'echo', { ...echo, listeners: ['live'] });
    await eventually(() => assert.equal(proxy.proxy.listeners.length, 2));
    await settled(world, [proxy]);
    const client = await proxy.connect(t, 'live');
    client.send('SSH-2.0-x');
    assert.equal((await client.receive(9)).toString(), 'SSH-2.0-x');
    const before = proxy.address('live');
    await world.routing.put('Listener', 'live', { bind: ['127.0.0.1:0'], timeouts, limits: { connections: 5 } });
    await settled(world, [proxy]);
    assert.equal(proxy.address('live'), before, 'a bind that stays keeps its socket');
    await world.routing.put('Route', 'echo', null);
    await world.routing.put('Listener', 'live', null);
    await settled(world, [proxy]);
    await eventually(() => assert.equal(proxy.proxy.listeners.length, 1));
    client.send('still');
    assert.equal((await client.receive(5)).toString(), 'still', 'no connection is cut');
  });

  it('that clash with the file or cannot be bound are rejected alone, and keep their last good version', async (t) => {
    const world = await open(t);
    const taken = await openServer(t, createServer());
    const proxy = await world.start();
    await world.routing.put('Listener', 'good', { bind: ['127.0.0.1:0'], timeouts });
    await settled(world, [proxy]);
    const address = proxy.address('good');
    await world.routing.put('Listener', 'good', { bind: [`127.0.0.1:${taken.port}`] });
    await world.routing.put('Listener', 'edge', { bind: ['127.0.0.1:0'], timeouts });
    await world.routing.put('Listener', 'named', { bind: ['localhost:1'] });
    await world.routing.put('Route', 'out', echo);
    await world.routing.put('Route', 'lost', { ...echo, listeners: ['godo'] });
    await world.routing.put('Route', 'both', { ...echo, to: { endpoints: [{ url: 'tcp://127.0.0.1:1' }] } });
    await world.routing.put('Route', 'fine', { ...echo, listeners: ['good'] });
    await settled(world, [proxy]);
    await eventually(() =>
      assert.deepEqual(proxy.rejected('routing').toSorted(), [
        'listeners.edge: listener "edge" in line 4 of sluice.yaml has this name, and the file wins (give it another name)',
        `listeners.good: cannot bind 127.0.0.1:${taken.port}: the port is taken (EADDRINUSE) (stop what listens there, or choose another port)`,
        'listeners.named: /bind/0: "localhost:1" does not begin with an IP address (write 127.0.0.1:1 or [::1]:1)',
        'routes.both: /action: route "both" has both to and action (keep the one that is meant: they exclude each other)',
        'routes.lost: /listeners/0: no listener is called "godo" (did you mean good?)',
        'routes.out: a route in line 5 of sluice.yaml has this name, and the file wins (give it another name)',
      ]),
    );
    assert.equal(proxy.address('good'), address);
    await world.routing.put('Listener', 'godo', { bind: ['127.0.0.1:0'], timeouts });
    await eventually(() =>
      assert.ok(!proxy.rejected('routing').join().includes('routes.lost'), 'it is told when it fits'),
    );
    const client = await proxy.connect(t, 'good');
    client.send('SSH-2.0-x');
    assert.equal((await client.receive(9)).toString(), 'SSH-2.0-x');
  });

  it('give way when a reload of the file takes their name, and the reload is not refused', async (t) => {
    const world = await open(t);
    const proxy = await world.start();
    await world.routing.put('Listener', 'live', { bind: ['127.0.0.1:0'], timeouts });
    await settled(world, [proxy]);
    const text = fileWith(forward).replace('listeners: [', 'listeners: [{ name: live, bind: ["[::1]:0"] }, ');
    assert.deepEqual(await proxy.reload(text), []);
    assert.match(proxy.address('live'), /^\[::1\]/);
    await eventually(() =>
      assert.match(proxy.rejected('routing').join(), /^listeners\.live: listener "live" in line 4/),
    );
  });
});

describe('the start of a proxy with live configuration', () => {
  it('goes on from the disk without a bus, and takes what is newer when there is one', async (t) => {
    const world = await open(t);
    const origin = await startEchoOrigin(t);
    const directory = await createTemporaryDirectory(t);
    const text = fileWith(forward, `, stateDirectory: "${directory}"`);
    await world.users.put('User', 'alice', alice);
    const first = await world.start(text);
    await settled(world, [first]);
    await eventually(async () => assert.ok((await readdir(directory)).length >= 2), { timeoutMs: 15_000 });
    await first.control.close();
    const empty = createMemoryStore();
    const second = await startLiveProxy(t, text, { bus: () => empty.connect(), name: 'second' });
    assert.deepEqual(
      second.status.ranges.map(({ source, count }) => [source, count]),
      [
        ['Disk', 1],
        ['Disk', 0],
      ],
    );
    assert.equal(second.status.isComplete, true);
    assert.equal((await second.socks5(t, origin, ['alice', 'secret'])).answer, 0);
  });

  it('is not ready without either, says why, and becomes ready when a publisher is there', async (t) => {
    const store = createMemoryStore();
    const proxy = await startLiveProxy(t, fileWith(forward), { bus: () => store.connect(), name: 'cold' });
    const ready = async (): Promise<readonly [number, string]> => {
      const response = await fetch(`http://${proxy.proxy.adminAddress}/readyz`);
      return [response.status, await response.text()];
    };
    const [status, body] = await ready();
    assert.equal(status, 503);
    assert.match(
      body,
      /"NoLiveConfiguration","detail":"no users and no routing in force: no stateDirectory is configured; NATS is/,
    );
    const users = new LiveRange(t, 'users', store.connect());
    const routing = new LiveRange(t, 'routing', store.connect());
    await Promise.all([users.put('User', 'alice', alice), routing.put('Route', 'none', null)]);
    await eventually(async () => assert.equal((await ready())[0], 200));
    store.recreate();
    assert.equal((await ready())[0], 200, 'readiness never goes back');
  });

  it("opens no port but the admin's while it is held", async (t) => {
    const world = await open(t);
    const proxy = await world.start();
    await settled(world, [proxy]);
    await world.routing.put('Listener', 'live', { bind: ['127.0.0.1:0'], timeouts });
    await proxy.proxy.holdPorts();
    assert.deepEqual(await proxy.reload(fileWith(forward)), []);
    assert.deepEqual(proxy.proxy.listeners, []);
    assert.ok(proxy.proxy.adminAddress !== null);
    await world.routing.put('Listener', 'other', { bind: ['127.0.0.1:0'], timeouts });
    await settled(world, [proxy]);
    assert.deepEqual(proxy.proxy.listeners, []);
    assert.deepEqual(await proxy.proxy.openPorts(), []);
    const names = new Set(proxy.proxy.listeners.map(({ name }) => name));
    assert.deepEqual(names, new Set(['edge', 'live', 'other']));
  });

  it('follows other control settings, and takes back what was live when there are none', async (t) => {
    const world = await open(t);
    const origin = await startEchoOrigin(t);
    const proxy = await world.start();
    await world.users.put('User', 'alice', alice);
    await settled(world, [proxy]);
    await world.routing.put('Listener', 'live', { bind: ['127.0.0.1:0'], timeouts });
    await eventually(() => assert.equal(proxy.proxy.listeners.length, 2));
    const { control } = (await import('../../config/parse-text.ts')).configOf(fileWith(forward, ', ranges: [Users]'));
    await proxy.control.configure(control);
    assert.equal(proxy.proxy.listeners.length, 1);
    await eventually(() =>
      assert.deepEqual(
        proxy.status.ranges.map(({ source }) => source),
        ['Live'],
      ),
    );
    assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 0);
    await proxy.control.configure(null);
    assert.equal(proxy.control.status, null);
    assert.equal((await proxy.socks5(t, origin, ['alice', 'secret'])).answer, 'refused');
  });
});
