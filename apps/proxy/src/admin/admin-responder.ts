/**
 * Answers of the admin listener: paths to responses, without sockets. Read-only; nothing a request says is kept, and no
 * response has a credential or a stack trace in it.
 */
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { AdminSources } from './admin-sources.ts';
import { redactedConfig } from './redacted-config.ts';

export interface AdminRequest {
  readonly method: string;
  /** As in the request line: path and query, or an absolute URL. */
  readonly target: string;
}

export interface AdminResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type AdminResponder = (request: AdminRequest) => Promise<AdminResponse>;

const base = 'http://admin.invalid';
const defaultPageSize = 1_000;
const maxPageSize = 10_000;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  421: 'Misdirected Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function response(status: number, contentType: string, body: Buffer): AdminResponse {
  const headers = {
    'Content-Type': contentType,
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
  return { status, headers, body };
}

function json(status: number, value: unknown): AdminResponse {
  return response(status, 'application/json', Buffer.from(`${JSON.stringify(value)}\n`));
}

/** An error as RFC 9457 has it. */
export function problem(status: number, detail: string): AdminResponse {
  const body = { type: 'about:blank', title: titles[status] ?? 'Error', status, detail };
  return response(status, 'application/problem+json', Buffer.from(`${JSON.stringify(body)}\n`));
}

function readyz(sources: AdminSources): AdminResponse {
  const readiness = sources.readiness();
  if (readiness.isReady) return json(200, { ready: true });
  const detail = readiness.reason === 'NoLiveConfiguration' ? { detail: readiness.detail } : {};
  return json(503, { ready: false, reason: readiness.reason, ...detail });
}

function controlPage(sources: AdminSources): AdminResponse {
  const status = sources.control();
  return json(200, status === null ? { isLive: false } : { isLive: true, ...status });
}

function queryNumber(query: URLSearchParams, name: string, range: readonly [number, number, number]): number | string {
  const [from, to, absent] = range;
  const text = query.get(name);
  if (text === null) return absent;
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : `${name} must be a number from ${from} to ${to}`;
}

function routesPage(config: EffectiveConfig, query: URLSearchParams): AdminResponse {
  const limit = queryNumber(query, 'limit', [1, maxPageSize, defaultPageSize]);
  const offset = queryNumber(query, 'offset', [0, 999_999_999, 0]);
  if (typeof limit === 'string') return problem(400, limit);
  if (typeof offset === 'string') return problem(400, offset);
  const total = config.routes.length;
  const end = offset + limit;
  const next = end < total ? `/v1/routes?offset=${end}&limit=${limit}` : null;
  return json(200, { total, next, items: config.routes.slice(offset, end) });
}

/** Serialised once for each configuration: with 100 000 routes it is tens of megabytes, shared by all who ask. */
function createConfigPage(): (config: EffectiveConfig) => AdminResponse {
  let last: { readonly config: EffectiveConfig; readonly page: AdminResponse } | null = null;
  return (config) => {
    if (last?.config !== config) last = { config, page: json(200, redactedConfig(config)) };
    return last.page;
  };
}

type Answer = (query: URLSearchParams) => AdminResponse | Promise<AdminResponse>;

function answersOf(sources: AdminSources): ReadonlyMap<string, Answer> {
  const configPage = createConfigPage();
  const withConfig = (answer: (config: EffectiveConfig) => AdminResponse): AdminResponse => {
    const config = sources.config();
    return config === null ? problem(503, 'no configuration is in force yet: ask again') : answer(config);
  };
  const index = [
    '/healthz',
    '/readyz',
    '/metrics',
    '/v1/status',
    '/v1/control',
    '/v1/config',
    '/v1/listeners',
    '/v1/routes',
  ];
  const metrics: Answer = async () => {
    const text = await sources.metrics();
    return response(200, 'text/plain; version=0.0.4; charset=utf-8', Buffer.from(text));
  };
  return new Map<string, Answer>([
    ['/healthz', () => json(200, { healthy: true })],
    ['/readyz', () => readyz(sources)],
    ['/metrics', metrics],
    ['/v1', () => json(200, { paths: index })],
    ['/v1/', () => json(200, { paths: index })],
    ['/v1/status', () => json(200, sources.status())],
    ['/v1/control', () => controlPage(sources)],
    ['/v1/config', () => withConfig(configPage)],
    ['/v1/listeners', () => json(200, { items: sources.status().listeners })],
    ['/v1/routes', (query) => withConfig((config) => routesPage(config, query))],
  ]);
}

/** Makes the function that answers requests; it rejects only if a source fails. */
export function createAdminResponder(sources: AdminSources): AdminResponder {
  const answers = answersOf(sources);
  return async ({ method, target }) => {
    const url = URL.parse(target, base);
    const answer = url === null ? undefined : answers.get(url.pathname);
    if (url === null || answer === undefined)
      return problem(404, 'there is nothing at this path: /v1/ lists what there is');
    if (method !== 'GET' && method !== 'HEAD') {
      const refusal = problem(405, 'the admin listener is read-only: use GET or HEAD');
      return { ...refusal, headers: { ...refusal.headers, Allow: 'GET, HEAD' } };
    }
    return await answer(url.searchParams);
  };
}
