/** A decision isolate that stops for two seconds loses nothing; where relays run on threads, they do not even notice. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { DriveMode } from '../../lib/engine.ts';
import { exchange, openClient, openServer, readBytes } from './test-peers.ts';

const stallMs = 2000;
const modes: readonly DriveMode[] = ['InLoop', 'Threads', 'Handoff'];

interface IsolateCounters {
  readonly accepted: number;
  readonly active: number;
  readonly moves: number;
  readonly ended: number;
}

interface Isolate {
  readonly port: number;
  stall(): Promise<void>;
  counters(): Promise<IsolateCounters>;
}

async function startIsolate(t: TestContext, mode: DriveMode): Promise<Isolate> {
  const { server, port: upstreamPort } = await openServer(async (socket) => {
    socket.pipe(socket);
    await once(socket, 'close');
  });
  const worker = new Worker(new URL('engine-isolate.ts', import.meta.url), { workerData: { mode, upstreamPort } });
  t.after(async () => {
    worker.postMessage({ kind: 'stop' });
    await once(worker, 'exit');
    server.close();
  });
  const [port] = (await once(worker, 'message')) as [number];
  const ask = async (request: object): Promise<unknown> => {
    const answer = once(worker, 'message');
    worker.postMessage(request);
    return (await answer)[0];
  };
  return {
    port,
    stall: async () => {
      assert.equal(await ask({ kind: 'stall', ms: stallMs }), 'stalling');
    },
    counters: async () => (await ask({ kind: 'counters' })) as IsolateCounters,
  };
}

/** Round trips of an established connection until `untilMs`. */
async function pingUntil(socket: Socket, untilMs: number): Promise<number> {
  let trips = 0;
  while (performance.now() < untilMs) {
    socket.write('ping');
    assert.equal((await readBytes(socket, 4)).toString(), 'ping');
    trips += 1;
  }
  return trips;
}

describe('an isolate that stalls', { concurrency: true }, () => {
  for (const mode of modes) {
    test(`in mode ${mode} loses no connection that comes meanwhile`, async (t) => {
      const isolate = await startIsolate(t, mode);
      await isolate.stall();
      const texts = Array.from({ length: 400 }, (_, i) => `client ${i}`);
      const answers = await Promise.all(texts.map((text) => exchange(isolate.port, text)));
      assert.deepEqual(answers.map(String), texts);
      await eventually(async () => {
        const counters = await isolate.counters();
        assert.deepEqual([counters.accepted, counters.ended, counters.active], [400, 400, 0]);
      });
    });

    test(`in mode ${mode} leaves established relays as they are`, async (t) => {
      const isolate = await startIsolate(t, mode);
      const clients = await Promise.all(Array.from({ length: 5 }, () => openClient(isolate.port)));
      t.after(() => clients.forEach((client) => client.destroy()));
      for (const client of clients) assert.ok((await pingUntil(client, performance.now() + 20)) > 0);
      if (mode === 'Handoff') await eventually(async () => assert.equal((await isolate.counters()).moves, 5));
      await isolate.stall();
      const stalledUntilMs = performance.now() + stallMs;
      const trips = await Promise.all(clients.map((client) => pingUntil(client, stalledUntilMs - 500)));
      if (mode === 'InLoop') return; // there they wait; that nothing was lost, pingUntil has seen
      assert.ok(performance.now() < stalledUntilMs, 'the pings ended only with the stall');
      for (const count of trips) assert.ok(count > 20, `${count} round trips during the stall`);
    });
  }
});
