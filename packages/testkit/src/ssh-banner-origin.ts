/**
 * An upstream that answers an SSH client with a banner of its own and nothing more: enough for `ssh -v` to name it.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import type { OpenServer, ServerPlace } from './open-server.ts';
import { startTcpOrigin } from './tcp-origin.ts';

/** Starts a server that greets with `SSH-2.0-SOFTWARE` and closes 200 ms after the client's banner. */
export async function startSshBannerOrigin(
  scope: CleanupScope,
  software: string,
  place: ServerPlace = {},
): Promise<OpenServer> {
  return await startTcpOrigin(
    scope,
    (socket) => {
      socket.write(`SSH-2.0-${software}\r\n`);
      socket.once('data', () => setTimeout(() => socket.destroy(), 200));
      socket.on('end', () => socket.end());
    },
    place,
  );
}
