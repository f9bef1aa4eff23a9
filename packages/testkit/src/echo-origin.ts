/**
 * An upstream that returns what it gets and ends when the other side has ended.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import type { OpenServer, ServerPlace } from './open-server.ts';
import { startTcpOrigin } from './tcp-origin.ts';

/** Starts an echo server. */
export async function startEchoOrigin(scope: CleanupScope, place: ServerPlace = {}): Promise<OpenServer> {
  return await startTcpOrigin(scope, (socket) => void socket.pipe(socket), place);
}
