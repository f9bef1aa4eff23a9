import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { DriveMode } from '../../lib/engine.ts';
import { dialTo, TestEngine } from './test-engine.ts';
import { exchange, openClient, openServer, openUpstream, readBytes } from './test-peers.ts';

const modes: readonly DriveMode[] = ['InLoop', 'Threads', 'Handoff'];

function start(t: TestContext, mode: DriveMode): TestEngine {
  const engine = new TestEngine(mode);
  t.after(() => engine.engine.stop());
  return engine;
}

async function upstream(t: TestContext): Promise<number> {
  const { server, port } = await openUpstream();
  t.after(() => server.close());
  return port;
}

/** A port of 127.0.0.1 that nobody listens on. */
async function refusingPort(): Promise<number> {
  const { server, port } = await openUpstream();
  server.close();
  await once(server, 'close');
  return port;
}

for (const mode of modes) {
  describe(`engine in mode ${mode}`, () => {
    test('echoes a client to its end', async (t) => {
      const engine = start(t, mode);
      engine.decide = (port, event) => port.echo(event, 0, 0);
      const sent = Buffer.alloc(300_000, 'echo');
      assert.ok((await exchange(engine.listen(), sent)).equals(sent));
      await eventually(() =>
        assert.deepEqual(engine.ended, [{ cause: 'Finished', bytesUp: sent.length, bytesDown: sent.length }]),
      );
    });

    test('relays a client to its upstream and the answer back, half-close included', async (t) => {
      const engine = start(t, mode);
      const to = dialTo(await upstream(t));
      engine.decide = (port, event) => port.connect(event, to);
      assert.equal((await exchange(engine.listen(), 'hello')).toString(), '<hello>');
      await eventually(() => assert.deepEqual(engine.ended, [{ cause: 'Finished', bytesUp: 5, bytesDown: 7 }]));
    });

    test('tries the next upstream with the bytes still there when one refuses', async (t) => {
      const engine = start(t, mode);
      const refusing = dialTo(await refusingPort());
      const to = dialTo(await upstream(t));
      const errnos: number[] = [];
      engine.decide = (port, event) => port.connect(event, refusing);
      engine.connectFailed = (port, event) => {
        errnos.push(event.detail);
        port.connect(event, errnos.length < 3 ? refusing : to);
      };
      assert.equal((await exchange(engine.listen(), 'hello')).toString(), '<hello>');
      assert.deepEqual(errnos, [111, 111, 111]);
    });

    test('serves a thousand short connections and forgets each', async (t) => {
      const engine = start(t, mode);
      const to = dialTo(await upstream(t));
      engine.decide = (port, event) => port.connect(event, to);
      const listening = engine.listen();
      for (let batch = 0; batch < 20; batch++) {
        const texts = Array.from({ length: 50 }, (_, i) => `${batch}/${i}`);
        const answers = await Promise.all(texts.map((text) => exchange(listening, text)));
        assert.deepEqual(
          answers.map(String),
          texts.map((text) => `<${text}>`),
        );
      }
      await eventually(() => assert.equal(engine.ended.length, 1000));
      assert.ok(engine.ended.every(({ cause }) => cause === 'Finished'));
      const counters = engine.counters();
      assert.equal(counters.accepted, 1000);
      assert.equal(counters.active + counters.slotsInUse + counters.deciding, 0);
      assert.deepEqual(engine.failures, []);
    });

    test('gives a descriptor to JS, which answers over it, and takes it back as half of a pair', async (t) => {
      const engine = start(t, mode);
      const to = await upstream(t);
      engine.decide = (port, event) => port.detach(event);
      engine.detached = (port, event) => {
        const bytes = Buffer.from(port.bytes.subarray(event.offset, event.offset + event.length));
        const socket = new Socket({ fd: event.fd, readable: true, writable: true, allowHalfOpen: true });
        port.release(event);
        socket.unshift(bytes);
        handBack(engine, socket, to).catch((error: unknown) => engine.failures.push(error));
      };
      const client = await openClient(engine.listen());
      client.write('CONNECT');
      assert.equal((await readBytes(client, 2)).toString(), 'OK');
      client.end('through the engine');
      assert.equal((await readBytes(client, 20)).toString(), '<through the engine>');
      await eventually(() => assert.deepEqual(engine.ended, [{ cause: 'Finished', bytesUp: 18, bytesDown: 20 }]));
      assert.deepEqual(engine.failures, []);
    });

    test('goes on when a handler throws, and says what it threw', async (t) => {
      const engine = start(t, mode);
      const to = dialTo(await upstream(t));
      engine.decide = (port, event) => {
        if (event.length === 4) throw new Error('a defect');
        port.connect(event, to);
      };
      const listening = engine.listen();
      const lost = await openClient(listening);
      t.after(() => lost.destroy());
      lost.write('oops');
      await eventually(() => assert.equal(engine.failures.length, 1));
      assert.equal((await exchange(listening, 'hello')).toString(), '<hello>');
    });

    test('has obeyed everything written before a fence when it resolves', async (t) => {
      const engine = start(t, mode);
      engine.decide = (port, event) => port.echo(event, 0, 0);
      const listening = engine.listen();
      await engine.engine.fence();
      assert.equal((await exchange(listening, 'x')).toString(), 'x');
      engine.engine.acceptingPorts.forEach((port, ordinal) => port.removeListener(0, ordinal));
      await engine.engine.fence();
      await assert.rejects(exchange(listening, 'x'), { code: 'ECONNREFUSED' });
      assert.deepEqual(
        engine.removed.toSorted((a, b) => a - b),
        engine.engine.acceptingPorts.map((_, ordinal) => ordinal),
      );
    });

    test('reports every connection when it is stopped while bytes flow', async (t) => {
      const engine = new TestEngine(mode);
      const { server, port } = await openServer(async (socket) => {
        socket.pipe(socket);
        await once(socket, 'close');
      });
      t.after(() => server.close());
      engine.decide = (worker, event) => worker.connect(event, dialTo(port));
      const listening = engine.listen();
      const clients = await Promise.all(Array.from({ length: 40 }, () => openClient(listening)));
      const block = Buffer.alloc(65_536, 'x');
      for (const client of clients) {
        client.on('error', () => client.destroy());
        client.on('data', () => client.write(block));
        client.write(block);
      }
      await eventually(() => assert.ok(engine.counters().bytesDown > 20_000_000));
      engine.engine.stop();
      assert.equal(engine.ended.filter(({ cause }) => cause === 'Stopped').length, 40);
      for (const client of clients) client.destroy();
      engine.engine.stop();
    });

    test('reports every connection when it is stopped, also those its event ring has no room for', async (t) => {
      const shape = { eventCapacity: 16, commandCapacity: 256, smallSlots: 64, largeSlots: 2 };
      const engine = new TestEngine(mode, { shape });
      t.after(() => engine.engine.stop());
      engine.decide = (port, event) => port.echo(event, 0, 0);
      const listening = engine.listen();
      const clients = await Promise.all(Array.from({ length: 60 }, () => openClient(listening)));
      t.after(() => clients.forEach((client) => client.destroy()));
      for (const client of clients) {
        client.on('error', () => client.destroy());
        client.write('x');
      }
      await Promise.all(clients.map((client) => readBytes(client, 1)));
      engine.engine.stop();
      assert.equal(engine.ended.filter(({ cause }) => cause === 'Stopped').length, clients.length);
    });

    test('rejects a fence that the end overtakes, and every one after it', async (t) => {
      const engine = start(t, mode);
      const overtaken = engine.engine.fence();
      engine.engine.stop();
      await assert.rejects(overtaken, { code: 'SLUICE_ENGINE_STOPPED' });
      await assert.rejects(engine.engine.fence(), { code: 'SLUICE_ENGINE_STOPPED' });
    });
  });
}

/** Reads the request in JS, connects in JS, answers in JS, then leaves the tunnel to the engine. */
async function handBack(engine: TestEngine, client: Socket, upstreamPort: number): Promise<void> {
  assert.equal((await readBytes(client, 7)).toString(), 'CONNECT');
  const server = await openClient(upstreamPort);
  const clientFd = duplicate(engine, client);
  const upstreamFd = duplicate(engine, server);
  client.write('OK', () => {
    for (const socket of [client, server]) socket.destroy();
    const [port] = engine.engine.acceptingPorts;
    port?.relay({ clientFd, upstreamFd, listener: 0, tag: 1, idleMs: 0, halfClosedMs: 0 });
    engine.engine.flushSoon();
  });
}

function duplicate(engine: TestEngine, socket: Socket): number {
  socket.pause();
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  return engine.addon.duplicateFd(fd);
}
