import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { parseAddress } from '@sluice/testkit/address.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { findRefusingPort } from '@sluice/testkit/refusing-port.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import type { PreparedListeners } from '../../src/session/listener-set.ts';
import { listenerConfig } from './listener-config.ts';
import { type OpenProxy, openProxy } from './open-proxy.ts';

type Listeners = Readonly<Record<string, readonly string[]>>;

function textOf(listeners: Listeners): string {
  const entries = Object.entries(listeners).map(([name, binds]) => `{ name: ${name}, bind: ${JSON.stringify(binds)} }`);
  return `listeners: [${entries.join(', ')}]\nroutes: [{ name: echo, match: {}, action: Echo }]\n`;
}

function addressesOf(proxy: OpenProxy, name: string): readonly string[] {
  return proxy.bound.find((listener) => listener.name === name)?.addresses ?? [];
}

function prepare(proxy: OpenProxy, listeners: Listeners): PreparedListeners {
  return proxy.listeners.prepare(
    Object.entries(listeners).map(([name, binds]) => listenerConfig('', name, [...binds])),
  );
}

/** The listener that serves this address, by the record of a connection to it. */
async function served(t: TestContext, proxy: OpenProxy, address: string): Promise<string> {
  const client = await connectTcp(t, parseAddress(address));
  client.send('SSH-2.0-x\r\n');
  assert.equal((await client.receive(11)).toString(), 'SSH-2.0-x\r\n');
  client.finish();
  return (await proxy.recordOf(client)).listener;
}

async function assertRefused(t: TestContext, address: string): Promise<void> {
  await eventually(() => assert.rejects(connectTcp(t, parseAddress(address)), { code: 'ECONNREFUSED' }), {
    intervalMs: 2,
  });
}

/** Descriptors of this process that listen, copies too. */
function listeningFds(): number {
  const listening = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'latin1').split('\n')) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A') listening.add(`socket:[${fields[9]}]`);
    }
  }
  return readdirSync('/proc/self/fd').filter((fd) => listening.has(linkOf(fd))).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the descriptor of the listing itself
  }
}

async function freeBind(): Promise<string> {
  const { host, port } = await findRefusingPort();
  return `${host}:${port}`;
}

describe('the listener set: over reloads', () => {
  it('keeps the sockets of a bind that stays, port 0 included, and what is connected to them', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0', '[::1]:0'] }));
    const before = addressesOf(proxy, 'edge');
    assert.equal(before.length, 2);
    assert.match(before.join(' '), /^127\.0\.0\.1:[1-9]\d* \[::1\]:[1-9]\d*$/);
    const client = await proxy.connect();
    client.send('SSH-2.0-x');
    await client.receive(9);
    proxy.apply(textOf({ more: ['127.0.0.1:0'], edge: ['127.0.0.1:0', '[::1]:0'] }));
    assert.deepEqual(addressesOf(proxy, 'edge'), before);
    assert.notEqual(addressesOf(proxy, 'more')[0], before[0]);
    client.send('still');
    assert.equal((await client.receive(5)).toString(), 'still');
    for (const address of before) assert.equal(await served(t, proxy, address), 'edge');
    assert.equal(await served(t, proxy, addressesOf(proxy, 'more')[0] ?? ''), 'more');
  });

  it('does not let equal binds change places when listeners do', async (t) => {
    const proxy = openProxy(t, textOf({ one: ['127.0.0.1:0'], two: ['127.0.0.1:0'] }));
    const [one, two] = [addressesOf(proxy, 'one'), addressesOf(proxy, 'two')];
    assert.notDeepEqual(one, two);
    proxy.apply(textOf({ two: ['127.0.0.1:0'], three: ['127.0.0.1:0'], one: ['127.0.0.1:0'] }));
    assert.deepEqual([addressesOf(proxy, 'one'), addressesOf(proxy, 'two')], [one, two]);
    assert.equal(await served(t, proxy, one[0] ?? ''), 'one');
    assert.equal(await served(t, proxy, two[0] ?? ''), 'two');
  });

  it('takes the socket along when a bind moves to another listener', async (t) => {
    const proxy = openProxy(t, textOf({ old: ['127.0.0.1:0'] }));
    const [address = ''] = addressesOf(proxy, 'old');
    assert.equal(await served(t, proxy, address), 'old');
    proxy.apply(textOf({ new: ['127.0.0.1:0'] }));
    assert.deepEqual(addressesOf(proxy, 'new'), [address]);
    await proxy.engine.fence();
    assert.equal(await served(t, proxy, address), 'new');
  });

  it('gives up the sockets of a bind that went away', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'], gone: ['127.0.0.1:0'] }));
    await proxy.engine.fence();
    const [address = ''] = addressesOf(proxy, 'gone');
    const before = listeningFds();
    proxy.apply(textOf({ edge: ['127.0.0.1:0'] }));
    await proxy.engine.fence();
    await assertRefused(t, address);
    // Ours and the engine's.
    await eventually(() => assert.equal(listeningFds(), before - 2), { intervalMs: 2 });
  });

  it('knows the state behind an id after the name went, and gives the name the same id again', (t) => {
    const proxy = openProxy(t, textOf({ one: ['127.0.0.1:0'], two: ['127.0.0.1:0'] }));
    const ids = proxy.bound.map(({ id }) => id);
    assert.deepEqual(ids, [0, 1]);
    proxy.apply(textOf({ three: ['127.0.0.1:0'] }));
    assert.deepEqual([proxy.bound[0]?.id, proxy.listeners.byId(1).name], [2, 'two']);
    proxy.apply(textOf({ two: ['127.0.0.1:0'] }));
    assert.equal(proxy.bound[0]?.id, 1);
    assert.throws(() => proxy.listeners.byId(3), RangeError);
  });

  it('never runs out of ids, however many names have come and gone', async (t) => {
    const proxy = openProxy(t, textOf({ 'name-0': ['127.0.0.1:0'] }));
    const before = addressesOf(proxy, 'name-0');
    for (let i = 1; i <= 300; i++) {
      proxy.apply(textOf({ [`name-${i}`]: ['127.0.0.1:0'] }));
      if (i % 16 === 0) await proxy.engine.fence();
    }
    await proxy.engine.fence();
    assert.deepEqual(addressesOf(proxy, 'name-300'), before);
    assert.ok(proxy.bound.every(({ id }) => id < 256));
    assert.equal(await served(t, proxy, before[0] ?? ''), 'name-300');
  });
});

describe('the listener set: when all ids have been used', () => {
  /** Listeners of new names, many at a time, until every id but the one in use before has had one. */
  async function useAllIds(proxy: OpenProxy): Promise<void> {
    for (let first = 0; first < 255; first += 51) {
      const names = Array.from({ length: 51 }, (_, index) => [`old-${first + index}`, ['127.0.0.1:0']] as const);
      proxy.apply(textOf(Object.fromEntries(names)));
      await proxy.engine.fence();
    }
  }

  it('gives each of several new names an id of its own', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'] }));
    await useAllIds(proxy);
    proxy.apply(textOf({ one: ['127.0.0.1:0'], two: ['127.0.0.1:0'], three: ['127.0.0.1:0'] }));
    await proxy.engine.fence();
    assert.equal(new Set(proxy.bound.map(({ id }) => id)).size, 3);
    for (const name of ['one', 'two', 'three'])
      assert.equal(await served(t, proxy, addressesOf(proxy, name)[0] ?? ''), name);
  });

  it('takes an id without connections before one that has some', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'] }));
    const id = proxy.bound[0]?.id;
    const client = await proxy.connect();
    client.send('SSH-2.0-x');
    await client.receive(9);
    await useAllIds(proxy);
    proxy.apply(textOf({ new: ['127.0.0.1:0'] }));
    assert.notEqual(proxy.bound[0]?.id, id);
    client.finish();
    assert.equal((await proxy.recordOf(client)).listener, 'edge');
  });
});

describe('the listener set: all or nothing', () => {
  it('binds what is new before anything changes, and an abort gives it back', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'] }));
    const [edge = ''] = addressesOf(proxy, 'edge');
    const bind = await freeBind();
    await proxy.engine.fence();
    const before = listeningFds();
    const prepared = prepare(proxy, { other: [bind] });
    assert.ok(prepared.kind === 'ready');
    // The kernel takes connections already; nobody accepts them.
    await connectTcp(t, parseAddress(bind)).then(({ socket }) => socket.destroy());
    assert.equal(await served(t, proxy, edge), 'edge');
    prepared.abort();
    await assertRefused(t, bind);
    await eventually(() => assert.equal(listeningFds(), before), { intervalMs: 2 });
    assert.equal(await served(t, proxy, edge), 'edge');
  });

  it('names every bind that is taken, and changes nothing', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'] }));
    const [edge = ''] = addressesOf(proxy, 'edge');
    const host = `127.${randomInt(100, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
    const taken = await openServer(t, createServer(), { host });
    const free = await freeBind();
    await proxy.engine.fence();
    const before = listeningFds();
    const prepared = prepare(proxy, {
      edge: ['127.0.0.1:0'],
      one: [free, `${host}:${taken.port}`],
      two: ['203.0.113.1:80'],
    });
    assert.deepEqual(prepared, {
      kind: 'failed',
      failures: [
        { listener: 'one', bind: `${host}:${taken.port}`, systemCode: 'EADDRINUSE' },
        { listener: 'two', bind: '203.0.113.1:80', systemCode: 'EADDRNOTAVAIL' },
      ],
    });
    assert.equal(listeningFds(), before);
    await assertRefused(t, free);
    assert.equal(await served(t, proxy, edge), 'edge');
  });

  it('closes everything at the end, and keeps what is connected', async (t) => {
    const proxy = openProxy(t, textOf({ edge: ['127.0.0.1:0'], more: ['127.0.0.1:0'] }));
    const client = await proxy.connect();
    client.send('SSH-2.0-x');
    await client.receive(9);
    const addresses = proxy.bound.flatMap((listener) => listener.addresses);
    proxy.listeners.closeAll();
    await proxy.engine.fence();
    for (const address of addresses) await assertRefused(t, address);
    client.send('still');
    assert.equal((await client.receive(5)).toString(), 'still');
  });
});
