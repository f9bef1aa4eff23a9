/**
 * JSON over HTTP or HTTPS on connections that are kept: one request, one whole answer, within a deadline and a bound. Node's fetch
 * takes no certificate authority of one's own, which a state service in a cluster mostly has.
 */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

export interface JsonExchangeConfig {
  /** With or without a path before `/v1`. */
  readonly url: URL;
  /** PEM; null: the system's. */
  readonly ca: string | null;
  /** For one request, its answer read. */
  readonly timeoutMs?: number;
  readonly maxBodyBytes?: number;
  readonly maxSockets?: number;
}

export interface JsonRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly key: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  /** With its quotes; empty: there is none. */
  readonly etag: string;
  /** undefined: no JSON. */
  readonly body: unknown;
}

export interface JsonExchange {
  send(request: JsonRequest): Promise<JsonAnswer>;
  close(): void;
}

const defaults = { timeoutMs: 10_000, maxBodyBytes: 32 * 1024 * 1024, maxSockets: 16 };

/** The server closed an idle connection as it was taken, which is no sign that it is away. */
class StaleConnectionError extends Error {
  readonly code = 'SLUICE_STALE_CONNECTION';
  override readonly name = 'StaleConnectionError';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

export function createJsonExchange(config: JsonExchangeConfig): JsonExchange {
  const { url, ca, timeoutMs, maxBodyBytes, maxSockets } = { ...defaults, ...config };
  const base = url.href.replace(/\/+$/u, '');
  const isTls = url.protocol === 'https:';
  const options = { keepAlive: true, maxSockets };
  const agent = isTls ? new HttpsAgent({ ...options, ...(ca === null ? {} : { ca }) }) : new HttpAgent(options);
  const open = isTls ? requestHttps : requestHttp;

  const send = async ({ method, path, key, body, headers, signal }: JsonRequest): Promise<JsonAnswer> => {
    const text = body === undefined ? null : JSON.stringify(body);
    const all = {
      authorization: `Bearer ${key}`,
      accept: 'application/json, application/problem+json',
      ...(text === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...headers,
    };
    const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const attempt = async (): Promise<IncomingMessage> =>
      await new Promise<IncomingMessage>((resolve, reject) => {
        const request = open(`${base}${path}`, { method, headers: all, agent, signal: ending }, resolve);
        request.on('error', (error) => reject(request.reusedSocket ? new StaleConnectionError(error) : error));
        request.end(text ?? undefined);
      });
    const response = await attempt().catch(async (error: unknown) => {
      ending.throwIfAborted();
      // Every request here may be sent twice.
      if (error instanceof StaleConnectionError) return await attempt();
      throw error;
    });
    const received = await readBounded(response, maxBodyBytes);
    return { status: response.statusCode ?? 0, etag: response.headers.etag ?? '', body: parse(received) };
  };

  return { send, close: () => agent.destroy() };
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop ends the stream.
    if (length > maxBytes) throw new RangeError(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
