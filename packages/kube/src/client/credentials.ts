/**
 * What a request needs to be let in: the connection pool with the certificates, and headers with the token. Read again
 * every ten seconds, since all of it is renewed by others while we run (projected tokens, exec plugins, certificate files),
 * and at once after the server refused it. What cannot be read is no reason to give up what still works.
 */
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '../port/clock.ts';
import { KubeTransportError } from '../port/kube-error.ts';
import { type KubeConfigSource, type LoadedKubeConfig, loadKubeConfig } from './kube-config-source.ts';
import { unrevealingReason } from './unrevealing-reason.ts';

export interface Session {
  readonly server: URL;
  readonly dispatcher: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Credentials {
  /** For one request. Rejects with KubeTransportError if there have never been any. */
  session(): Promise<Session>;
  /** The server did not accept this one. */
  refused(session: Session): void;
  close(): Promise<void>;
}

interface TlsMaterial {
  readonly ca: unknown;
  readonly cert: unknown;
  readonly key: unknown;
  readonly servername: unknown;
  readonly rejectUnauthorized: boolean;
}

const refreshMs = 10_000;
/** A server that refuses everything must not make us run an exec plugin for each request. */
const reloadMs = 2_000;
const connectTimeoutMs = 5_000;
const keepAliveProbeMs = 15_000;
/** Shorter than the idle timeouts of load balancers, so that we close first. */
const idleMs = 30_000;

export function createCredentials(source: KubeConfigSource, clock: Clock): Credentials {
  let loaded: LoadedKubeConfig | null = null;
  let material: TlsMaterial | null = null;
  let current: Session | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let loadedAtMs = Number.NEGATIVE_INFINITY;
  let isRefused = false;
  let reading: Promise<Session> | null = null;
  const pools = new Set<Dispatcher>();

  const config = (): LoadedKubeConfig => {
    if (loaded === null || (isRefused && clock.nowMs() - loadedAtMs >= reloadMs)) {
      loaded = loadKubeConfig(source);
      loadedAtMs = clock.nowMs();
      isRefused = false;
    }
    return loaded;
  };

  const poolFor = (from: LoadedKubeConfig, next: TlsMaterial): Dispatcher => {
    if (current !== null && isDeepStrictEqual(next, material)) return current.dispatcher;
    const pool = openPool(from, next);
    pools.add(pool);
    const old = current?.dispatcher;
    // Requests under way end in their own time.
    if (old !== undefined) void old.close().then(() => pools.delete(old));
    material = next;
    return pool;
  };

  const read = async (): Promise<Session> => {
    try {
      const from = config();
      const { headers, tls } = await materialOf(from);
      current = { server: from.server, dispatcher: poolFor(from, tls), headers };
    } catch (error) {
      if (current === null || isRefused) throw unreadable(error);
    } finally {
      readAtMs = clock.nowMs();
    }
    return current;
  };

  return {
    session() {
      if (current !== null && !isRefused && clock.nowMs() - readAtMs < refreshMs) return Promise.resolve(current);
      reading ??= read().finally(() => {
        reading = null;
      });
      return reading;
    },
    refused(session) {
      if (session === current) isRefused = true;
    },
    async close() {
      await Promise.all([...pools].map(async (pool) => await pool.destroy()));
    },
  };
}

async function materialOf(from: LoadedKubeConfig): Promise<{ headers: Record<string, string>; tls: TlsMaterial }> {
  const options: RequestOptions = { headers: {} };
  await from.config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
  }
  if (typeof options.auth === 'string')
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  if (from.tokenFile !== null) {
    headers['authorization'] = `Bearer ${(await readFile(from.tokenFile, 'utf8')).trim()}`;
  }
  const { ca, cert, key, servername } = options;
  return { headers, tls: { ca, cert, key, servername, rejectUnauthorized: options.rejectUnauthorized !== false } };
}

function openPool(from: LoadedKubeConfig, material: TlsMaterial): Dispatcher {
  const given = Object.entries(material).filter(([, value]) => value !== undefined);
  const tls = Object.fromEntries(given) as { readonly rejectUnauthorized: boolean };
  // HTTP/1.1: one connection a request. On one HTTP/2 connection, a hung server would take all requests with it, the
  // renewal of the Lease included. Deadlines are the client's, so undici's own are off.
  const pool = { allowH2: false, pipelining: 1, keepAliveTimeout: idleMs, headersTimeout: 0, bodyTimeout: 0 };
  const connect = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs };
  const proxyUrl = from.config.getCurrentCluster()?.proxyUrl;
  if (proxyUrl === undefined || proxyUrl === '') return new Agent({ ...pool, connect });
  return new ProxyAgent({ ...pool, uri: proxyUrl, requestTls: tls, connect: { timeout: connectTimeoutMs } });
}

function unreadable(error: unknown): KubeTransportError {
  // No cause: its text may quote a token.
  const reason = unrevealingReason(error);
  return new KubeTransportError(`there are no credentials for the API server: ${reason}`, 'Unreachable');
}
