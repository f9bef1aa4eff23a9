/** /healthz, /readyz and /metrics on a port of their own: they answer whatever the API server, NATS or the state service do. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { MetricsRegistry } from '@sluice/runtime/metrics.ts';

export interface HealthAnswer {
  readonly isGood: boolean;
  /** Why not. */
  readonly reason: string;
}

export interface HealthSources {
  readonly liveness: () => HealthAnswer;
  readonly readiness: () => HealthAnswer;
  readonly registry: MetricsRegistry;
  /** A connection could not be taken (ENFILE, EMFILE): the next one may be, and the work goes on without it. */
  readonly onError: (error: Error) => void;
}

export interface HealthServer {
  /** `http://127.0.0.1:9920` */
  readonly url: string;
  close(): Promise<void>;
}

/** The port is taken, or the address is none of this machine. */
export class ListenError extends Error {
  readonly code = 'SLUICE_LISTEN';
  override readonly name = 'ListenError';
}

const requestTimeoutMs = 10_000;
const maxConnections = 64;

/** Rejects with ListenError. */
export async function startHealthServer(
  { host, port }: { readonly host: string; readonly port: number },
  sources: HealthSources,
): Promise<HealthServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    void answer(request, response, sources);
  });
  server.maxConnections = maxConnections;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ListenError(`cannot listen on ${host}:${port} (--admin): ${reason}`, { cause });
  }
  server.on('error', sources.onError);
  const { address, port: bound, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
  return { url, close: async () => await close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(request: IncomingMessage, response: ServerResponse, sources: HealthSources): Promise<void> {
  const { method, url = '/' } = request;
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, { status: 'MethodNotAllowed' });
  const [path = ''] = url.split('?');
  switch (path) {
    case '/healthz':
      return sendHealth(response, sources.liveness(), ['Ok', 'NotAlive']);
    case '/readyz':
      return sendHealth(response, sources.readiness(), ['Ready', 'NotReady']);
    case '/metrics':
      return await sendMetrics(response, sources.registry);
    default:
      return send(response, 404, { status: 'NotFound' });
  }
}

function sendHealth(
  response: ServerResponse,
  { isGood, reason }: HealthAnswer,
  [good, bad]: readonly [string, string],
): void {
  if (isGood) send(response, 200, { status: good });
  else send(response, 503, { status: bad, reason });
}

async function sendMetrics(response: ServerResponse, registry: MetricsRegistry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (error) {
    send(response, 500, { status: 'Failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, status: number, body: Readonly<Record<string, string>>): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
