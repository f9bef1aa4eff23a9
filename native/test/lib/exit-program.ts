/**
 * A process that ends in one of several rude ways while an engine of it is busy. Arguments: mode, way. What the test
 * checks is how the process ends.
 */
import { once } from 'node:events';
import { argv, exit, stdout } from 'node:process';
import { Worker } from 'node:worker_threads';
import type { DriveMode } from '../../lib/engine.ts';
import { dialTo, TestEngine } from './test-engine.ts';
import { exchange, openClient, openServer } from './test-peers.ts';

const [, , mode, way] = argv as [string, string, DriveMode, string];

const { server, port: upstreamPort } = await openServer(async (socket) => {
  socket.pipe(socket);
  await once(socket, 'close');
});

/** Streams that never end and short connections, until the process does. */
async function keepBusy(port: number): Promise<void> {
  const block = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < 20; i++) {
    const client = await openClient(port);
    client.on('error', () => client.destroy());
    client.on('data', () => client.write(block));
    client.write(block);
  }
  const hammer = async (): Promise<void> => {
    for (;;) await exchange(port, 'short');
  };
  for (let i = 0; i < 4; i++) hammer().catch(() => undefined);
  for (let i = 0; i < 50; i++) await exchange(port, 'short');
}

async function endWithEngineHere(): Promise<void> {
  const engine = new TestEngine(mode);
  engine.decide = (port, event) => {
    if (way === 'exit-in-handler' && engine.ended.length > 40) exit(7);
    port.connect(event, dialTo(upstreamPort));
  };
  await keepBusy(engine.listen());
  if (way === 'exit') exit(7);
  if (way === 'throw') throw new Error('uncaught');
  engine.engine.stop();
  server.close();
  stdout.write('stopped\n', () => exit(0));
}

async function endWithEngineInIsolate(): Promise<void> {
  const url = new URL('engine-isolate.ts', import.meta.url);
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(url, { workerData: { mode, upstreamPort } });
    const [port] = (await once(worker, 'message')) as [number];
    await keepBusy(port);
    if (way === 'exit-main') exit(7);
    await worker.terminate();
  }
  stdout.write('terminated\n', () => exit(0));
}

await (way === 'terminate' || way === 'exit-main' ? endWithEngineInIsolate() : endWithEngineHere());
