/**
 * An upstream that says its name at once and ends after the client has: which endpoint was chosen is what the client reads.
 * It keeps what each connection sent.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import type { OpenServer, ServerPlace } from './open-server.ts';
import { startTcpOrigin } from './tcp-origin.ts';

export interface NamedOrigin extends OpenServer {
  /** The bytes of each connection so far, in order of arrival. */
  received(): readonly Buffer[];
}

/** Starts a server that greets with `name` and a newline. */
export async function startNamedOrigin(
  scope: CleanupScope,
  name: string,
  place: ServerPlace = {},
): Promise<NamedOrigin> {
  const connections: Buffer[][] = [];
  const server = await startTcpOrigin(
    scope,
    (socket) => {
      const chunks: Buffer[] = [];
      connections.push(chunks);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => socket.end());
      socket.write(`${name}\n`);
    },
    place,
  );
  return { ...server, received: () => connections.map((chunks) => Buffer.concat(chunks)) };
}
