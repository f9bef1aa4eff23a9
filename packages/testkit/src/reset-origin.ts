/**
 * An upstream that resets each connection after the client's first bytes, having said `greeting` if one is given.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import type { OpenServer } from './open-server.ts';
import { startTcpOrigin } from './tcp-origin.ts';

/** Starts a server that answers the first bytes with `greeting` and, 50 ms later, with RST. */
export async function startResetOrigin(scope: CleanupScope, greeting = ''): Promise<OpenServer> {
  return await startTcpOrigin(scope, (socket) => {
    socket.once('data', () => {
      if (greeting !== '') socket.write(greeting);
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
  });
}
