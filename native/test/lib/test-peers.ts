/** The peers of an engine under test: an upstream that answers at the client's end, and a client that sends and reads all. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Answers `<what came>` when the client has finished, then finishes too. */
export async function openUpstream(): Promise<{ readonly server: Server; readonly port: number }> {
  return openServer(async (socket) => {
    const all = await readToEnd(socket);
    socket.end(`<${all.toString()}>`);
  });
}

/** A server on 127.0.0.1 that keeps half-open connections open. What `serve` throws ends the connection alone. */
export async function openServer(
  serve: (socket: Socket) => Promise<void>,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

/** Sends `bytes`, finishes, and resolves with everything that came back. Rejects on a reset. */
export async function exchange(port: number, bytes: string | Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(bytes);
  return readToEnd(socket);
}

/** All bytes until the peer's end. Not `for await`, which destroys the socket behind the last one. */
async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** A connected client that stays. */
export async function openClient(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** The next `count` bytes of a socket. */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(count) as Buffer | null;
    if (chunk !== null) return chunk;
    await once(socket, 'readable');
  }
}
