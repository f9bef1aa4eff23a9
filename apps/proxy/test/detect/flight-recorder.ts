/**
 * Records what clients send before anybody answers: each connection's bytes until the client has been quiet for a while.
 * With a backend the flight is then handed on and the connection relayed, so that a client gets its session ticket.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

const quietMs = 300;

export interface FlightRecorder {
  readonly port: number;
  /** Resolves with the first flight, recorded from now on, that `isWanted`. */
  next(isWanted: (flight: Buffer) => boolean): Promise<Buffer>;
  /** Connections are relayed to this port from now on; null: never answered. */
  relayTo(port: number | null): void;
  close(): Promise<void>;
}

export async function createFlightRecorder(): Promise<FlightRecorder> {
  let backendPort: number | null = null;
  const sockets = new Set<Socket>();
  const waiting = new Set<(flight: Buffer) => void>();
  const server: Server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    recordFlight(client, (flight) => {
      for (const offer of waiting) offer(flight);
      if (backendPort !== null && !client.destroyed) relay(client, flight, backendPort);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    next: (isWanted) =>
      new Promise((resolve) => {
        const offer = (flight: Buffer): void => {
          if (!isWanted(flight)) return;
          waiting.delete(offer);
          resolve(flight);
        };
        waiting.add(offer);
      }),
    relayTo: (port) => {
      backendPort = port;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function recordFlight(client: Socket, onFlight: (flight: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer): void => {
    chunks.push(chunk);
  };
  const finish = (): void => {
    client.off('data', collect);
    client.off('end', finish);
    client.setTimeout(0);
    if (chunks.length > 0) onFlight(Buffer.concat(chunks));
  };
  client.on('data', collect);
  client.once('end', finish);
  // Not as setTimeout's callback, which is called once: a slow client may be quiet before its first byte.
  client.on('timeout', () => {
    if (chunks.length > 0) finish();
  });
  client.setTimeout(quietMs);
}

function relay(client: Socket, flight: Buffer, port: number): void {
  const backend = connect({ port, host: '127.0.0.1' });
  backend.on('error', () => client.destroy());
  client.on('close', () => backend.destroy());
  backend.write(flight);
  client.pipe(backend).pipe(client);
}
