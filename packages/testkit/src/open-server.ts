/**
 * Listening for the length of a test: port 0 unless a path is given, every connection destroyed in teardown, so that no
 * test waits for a peer that never closes.
 */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { CleanupScope } from './cleanup-scope.ts';

export interface ServerPlace {
  readonly host?: string;
  readonly port?: number;
  /** A unix socket instead of a port. */
  readonly path?: string;
}

export interface OpenServer {
  readonly host: string;
  readonly port: number;
  /** `tcp://host:port` or `unix:///path`, as an endpoint is configured. */
  readonly url: string;
  /** Connections accepted so far. */
  acceptedCount(): number;
  /** Connections open now. */
  openCount(): number;
  /** Closes the listening socket and every connection; idempotent. */
  close(): Promise<void>;
}

function urlOf(host: string, port: number, path: string | undefined): string {
  if (path !== undefined) return `unix://${path}`;
  return host.includes(':') ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`;
}

/** Makes `server` listen and returns where; rejects if the place is taken. */
export async function openServer(scope: CleanupScope, server: Server, place: ServerPlace = {}): Promise<OpenServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const host = place.host ?? '127.0.0.1';
  if (place.path === undefined) server.listen({ host, port: place.port ?? 0, backlog: 4096 });
  else server.listen({ path: place.path });
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  };
  scope.after(close);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    host,
    port,
    url: urlOf(host, port, place.path),
    acceptedCount: () => accepted,
    openCount: () => sockets.size,
    close,
  };
}
