/**
 * An upstream that accepts, reads and never says a word or closes.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import type { OpenServer, ServerPlace } from './open-server.ts';
import { startTcpOrigin } from './tcp-origin.ts';

/** Starts a silent server. */
export async function startSilentOrigin(scope: CleanupScope, place: ServerPlace = {}): Promise<OpenServer> {
  return await startTcpOrigin(scope, (socket) => void socket.resume(), place);
}
