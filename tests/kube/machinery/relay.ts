/** A wire between a client and a server that a test can cut: connections break, new ones are refused, until it is mended. */
import { connect, createServer, type Socket } from 'node:net';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { openServer } from '@sluice/testkit/open-server.ts';

export interface Relay {
  readonly port: number;
  cut(): void;
  mend(): void;
}

export async function openRelay(scope: CleanupScope, targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const { port } = await openServer(scope, server);
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  scope.after(cut);
  return {
    port,
    cut,
    mend() {
      isCut = false;
    },
  };
}
