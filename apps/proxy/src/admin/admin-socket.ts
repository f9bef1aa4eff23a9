/**
 * One bound address of the admin listener: an HTTP server with small limits, which answers and nothing else. Responsible
 * for the socket and what clients may hold of it; what is answered is admin-responder.ts.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { BindAddress } from '../config/effective-config.ts';
import { AdminBindError } from './admin-bind-error.ts';
import { type AdminResponder, type AdminResponse, problem } from './admin-responder.ts';
import { isAllowedHost } from './allowed-host.ts';

export interface AdminSocketDeps {
  readonly respond: AdminResponder;
  /** A source failed: the client got a 500 without details. */
  readonly onError: (error: unknown) => void;
  readonly onConnectionRefused: () => void;
}

export interface AdminSocket {
  readonly bind: BindAddress;
  /** `host:port` with the real port. */
  readonly address: string;
  /** The real port. */
  readonly port: number;
  /** Stops listening at once, lets answers under way end for `graceMs`, then cuts; resolves when all is closed. */
  close(graceMs: number): Promise<void>;
}

const maxAdminConnections = 64;

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** A client that stops reading its answer is cut. */
const idleSocketTimeoutMs = 15_000;

function placeOf(server: Server): { readonly address: string; readonly port: number } {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return { address: '', port: 0 };
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { address: `${host}:${bound.port}`, port: bound.port };
}

async function answer(request: IncomingMessage, bind: BindAddress, deps: AdminSocketDeps): Promise<AdminResponse> {
  if (!isAllowedHost(request.headers.host, bind.host)) {
    return problem(421, 'on a loopback address the Host header must be an address or localhost');
  }
  try {
    return await deps.respond({ method: request.method ?? '', target: request.url ?? '' });
  } catch (error) {
    deps.onError(error);
    return problem(500, 'the proxy could not answer: its log says why');
  }
}

function send(response: ServerResponse, { status, headers, body }: AdminResponse): void {
  response.writeHead(status, headers);
  response.end(body);
}

async function listen(server: Server, bind: BindAddress): Promise<void> {
  server.listen({ host: bind.host, port: bind.port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new AdminBindError(bind, error);
  }
}

/** Binds and serves; rejects with AdminBindError. `[::]` takes IPv4 too where the system's default says so. */
export async function openAdminSocket(bind: BindAddress, deps: AdminSocketDeps): Promise<AdminSocket> {
  const server = createServer(limits, (request, response) => {
    void answer(request, bind, deps).then((result) => send(response, result));
  });
  server.maxConnections = maxAdminConnections;
  server.setTimeout(idleSocketTimeoutMs);
  server.on('drop', deps.onConnectionRefused);
  await listen(server, bind);
  server.on('error', deps.onError);
  return {
    bind,
    ...placeOf(server),
    async close(graceMs) {
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      try {
        await closed;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
