/**
 * A plain HTTP/1.1 upstream on node:http that says its name and what it was asked.
 */
import { createServer } from 'node:http';
import type { CleanupScope } from './cleanup-scope.ts';
import { type OpenServer, openServer, type ServerPlace } from './open-server.ts';

/** Starts a server that answers every request with `origin=NAME method=… url=… host=…`. */
export async function startHttpOrigin(scope: CleanupScope, name: string, place: ServerPlace = {}): Promise<OpenServer> {
  const server = createServer((request, response) => {
    response.end(`origin=${name} method=${request.method} url=${request.url} host=${request.headers.host}\n`);
  });
  return await openServer(scope, server, place);
}
