/**
 * An upstream of plain TCP whose behaviour is one function per connection. Half-open is allowed: the function decides when
 * its side ends.
 */
import { createServer, type Socket } from 'node:net';
import type { CleanupScope } from './cleanup-scope.ts';
import { type OpenServer, openServer, type ServerPlace } from './open-server.ts';

/** Starts a TCP server that hands each connection to `serve`. */
export async function startTcpOrigin(
  scope: CleanupScope,
  serve: (socket: Socket) => void,
  place: ServerPlace = {},
): Promise<OpenServer> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
  return await openServer(scope, server, place);
}
