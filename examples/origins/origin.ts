/**
 * What the origins have in common: bound to a port of loopback, and closed with every connection they have.
 */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

export interface Origin {
  /** The real port. */
  readonly port: number;
  close(): void;
}

/** Binds `server` to 127.0.0.1; port 0 takes a free one. Rejects with the error of listen(2). */
export async function openOrigin(server: Server, port: number): Promise<Origin> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
