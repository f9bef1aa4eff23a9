/**
 * A program of its own, for running inside a network namespace: an origin that answers a 517-byte hello with 100 bytes and the
 * end, and a client that opens such connections. It prints the origin's port, then for each line `HOST PORT COUNT PARALLEL` on
 * standard input how many connections were answered whole.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { buildClientHello } from './client-hello.ts';

const hello = buildClientHello({ serverName: 'a.test', minimumBytes: 517 });
const answer = Buffer.alloc(100, 'answer ');

function serve(socket: Socket): void {
  let received = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received === hello.length) socket.end(answer);
  });
}

async function ask(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, noDelay: true });
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.write(hello);
  try {
    await once(socket, 'close');
    return received === answer.length;
  } catch {
    return false;
  }
}

async function askMany(line: string): Promise<number> {
  const [host = '', port, count, parallel] = line.split(' ');
  let left = Number(count);
  let answered = 0;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (await ask(host, Number(port))) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: Number(parallel) }, worker));
  return answered;
}

const server = createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => {
  const bound = server.address();
  process.stdout.write(`${typeof bound === 'object' && bound !== null ? bound.port : 0}\n`);
});
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await askMany(line)}\n`);
process.exit(0);
