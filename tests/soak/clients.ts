/**
 * The kinds of client of the soak: each opens one connection, does one thing, compares what came back and leaves. A client
 * that gets anything but what its kind must get rejects.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '@sluice/testkit/address.ts';
import { buildClientHello } from '@sluice/testkit/client-hello.ts';
import { createBytePattern } from '@sluice/testkit/byte-pattern.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { sendPattern } from '@sluice/testkit/send-pattern.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from '@sluice/testkit/socks5-message.ts';
import { TcpClient } from '@sluice/testkit/tcp-client.ts';
import { within } from '@sluice/testkit/within.ts';

export interface SoakTarget {
  readonly edge: Address;
  /** An echo server that the forward proxy's user may reach. */
  readonly origin: Address;
  readonly password: string;
}

/** `random` is below 1, as Math.random. */
export type SoakClient = (target: SoakTarget, random: () => number) => Promise<void>;

const patienceMs = 60_000;

async function open(edge: Address): Promise<Socket> {
  const socket = connect({ host: edge.host, port: edge.port, allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  await within(patienceMs, 'a connection', once(socket, 'connect'));
  return socket;
}

async function withClient(edge: Address, act: (client: TcpClient) => Promise<void>): Promise<void> {
  const socket = await open(edge);
  try {
    await act(new TcpClient(socket));
  } finally {
    socket.destroy();
  }
}

function helloFor(serverName: string, random: () => number): Buffer {
  return buildClientHello({ serverName, minimumBytes: 300 + Math.floor(random() * 5000) });
}

async function expectEchoed(client: TcpClient, bytes: Buffer): Promise<void> {
  client.send(bytes);
  assert.ok((await client.receive(bytes.length, patienceMs)).equals(bytes), 'the echo differs');
}

/** A short exchange through the route that `serverName` names. */
function short(serverName: string): SoakClient {
  return async ({ edge }, random) =>
    await withClient(edge, async (client) => {
      await expectEchoed(client, helloFor(serverName, random));
      client.finish();
      assert.equal(await client.end(patienceMs), 'Ended');
    });
}

/** Some MiB to the echo and back; `restMs` between reads makes a slow reader. */
function bulk(mebibytes: number, restMs: number): SoakClient {
  return async ({ edge }, random) => {
    const socket = await open(edge);
    try {
      const hello = helloFor('bulk.soak.test', random);
      socket.write(hello);
      const received = createHash('sha256');
      socket.on('data', (chunk: Buffer) => {
        received.update(chunk);
        if (restMs === 0) return;
        socket.pause();
        void pause(restMs).then(() => socket.resume());
      });
      const ended = once(socket, 'end');
      const size = Math.ceil(random() * mebibytes) * 1_048_576 + Math.floor(random() * 1000);
      const seed = String(random());
      await within(patienceMs, 'bulk sent', sendPattern(socket, seed, size));
      socket.end();
      await within(patienceMs, 'bulk received', ended);
      assert.equal(received.digest('hex'), digestOf(hello, seed, size), 'bulk differs');
    } finally {
      socket.destroy();
    }
  };
}

function digestOf(hello: Buffer, seed: string, size: number): string {
  const hash = createHash('sha256').update(hello);
  for (const chunk of createBytePattern(seed, size)) hash.update(chunk);
  return hash.digest('hex');
}

const resetMidway: SoakClient = async ({ edge }, random) =>
  await withClient(edge, async (client) => {
    const hello = helloFor('web.soak.test', random);
    client.send(hello);
    if (random() < 0.7) await client.receive(Math.ceil(hello.length * random()), patienceMs);
    client.send(Buffer.alloc(Math.floor(random() * 500_000)));
    client.reset();
  });

const leaveInTheMiddleOfAHello: SoakClient = async ({ edge }, random) =>
  await withClient(edge, async (client) => {
    const hello = helloFor('web.soak.test', random);
    client.send(hello.subarray(0, Math.floor(hello.length * random())));
    if (random() < 0.5) client.finish();
  });

const sayNothing: SoakClient = async ({ edge }) =>
  await withClient(edge, async (client) => {
    await client.end(patienceMs);
  });

const beBanned: SoakClient = async ({ edge }, random) =>
  await withClient(edge, async (client) => {
    client.send(helloFor('banned.soak.test', random));
    assert.equal((await client.receiveAll(patienceMs)).length, 0);
  });

const tunnel: SoakClient = async ({ edge, origin, password }, random) =>
  await withClient(edge, async (client) => {
    client.send(buildSocks5Greeting([2]));
    assert.deepEqual([...(await client.receive(2, patienceMs))], [5, 2]);
    client.send(buildSocks5Login('soak', password));
    assert.deepEqual([...(await client.receive(2, patienceMs))], [1, 0]);
    client.send(buildSocks5Connect(origin.host, origin.port));
    assert.equal((await client.receive(10, patienceMs))[1], 0);
    await expectEchoed(client, Buffer.alloc(1 + Math.floor(random() * 100_000), 't'));
  });

/** A conversation of small messages with rests, so that it settles and idles. */
const chat: SoakClient = async ({ edge }, random) =>
  await withClient(edge, async (client) => {
    await expectEchoed(client, helloFor('web.soak.test', random));
    for (let i = 0; i < 20; i++) {
      await expectEchoed(client, Buffer.alloc(64, 'c'));
      await pause(random() * 300);
    }
  });

/** Each kind with how many of it run at once. */
export const soakClients: Readonly<Record<string, { readonly run: SoakClient; readonly atOnce: number }>> = {
  short: { run: short('web.soak.test'), atOnce: 8 },
  secondEndpoint: { run: short('retry.soak.test'), atOnce: 2 },
  eagerClose: { run: short('eager.soak.test'), atOnce: 2 },
  bulk: { run: bulk(16, 0), atOnce: 3 },
  slowReader: { run: bulk(2, 5), atOnce: 4 },
  resetMidway: { run: resetMidway, atOnce: 4 },
  leaveInTheMiddleOfAHello: { run: leaveInTheMiddleOfAHello, atOnce: 2 },
  sayNothing: { run: sayNothing, atOnce: 20 },
  beBanned: { run: beBanned, atOnce: 2 },
  tunnel: { run: tunnel, atOnce: 3 },
  chat: { run: chat, atOnce: 30 },
};
