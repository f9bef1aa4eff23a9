/** An HTTP server that answers as a test says, with a kubeconfig that leads to it. It knows nothing of Kubernetes. */
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { openServer } from '@sluice/testkit/open-server.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { Registry } from 'prom-client';
import { createHttpKubeClient, type HttpKubeClientConfig } from '../src/client/http-kube-client.ts';
import type { KubeConfigSource } from '../src/client/kube-config-source.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import { createKubeMetrics } from '../src/kube-metrics.ts';
import type { Clock } from '../src/port/clock.ts';
import type { KubeClient } from '../src/port/kube-client.ts';

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export type ScriptedAnswer = (request: ScriptedRequest, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly requests: readonly ScriptedRequest[];
  readonly source: KubeConfigSource;
  readonly url: string;
  readonly registry: Registry;
  /** Connections so far. */
  readonly acceptedCount: () => number;
  answer: ScriptedAnswer;
  client(config?: Partial<HttpKubeClientConfig>, clock?: Clock): KubeClient;
}

export async function startScriptedApi(t: CleanupScope, answer: ScriptedAnswer): Promise<ScriptedApi> {
  const requests: ScriptedRequest[] = [];
  const server = createServer((incoming, response) => {
    response.on('error', () => {});
    void text(incoming).then((body) => {
      const url = new URL(incoming.url ?? '/', 'http://localhost');
      const { method = '', headers } = incoming;
      const request = { method, path: url.pathname, query: url.searchParams, headers, body, atMs: performance.now() };
      requests.push(request);
      api.answer(request, response);
    });
  });
  const opened = await openServer(t, server);
  const url = `http://127.0.0.1:${opened.port}`;
  const path = join(await createTemporaryDirectory(t), 'kubeconfig');
  await writeFile(path, kubeconfigText(url, { token: 'the-token' }));
  const source: KubeConfigSource = { kind: 'File', path };
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  const api: ScriptedApi = {
    requests,
    source,
    url,
    registry,
    acceptedCount: () => opened.acceptedCount(),
    answer,
    client(config = {}, clock = systemClock) {
      const client = createHttpKubeClient(
        { source, userAgent: 'test/1', ...config },
        { clock, metrics: metrics.client },
      );
      t.after(() => client.close());
      return client;
    },
  };
  return api;
}

/** JSON is YAML. */
export function kubeconfigText(server: string, user: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
  });
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export interface StatusFields {
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
  readonly retryAfter?: string;
}

export function statusOf({ code, reason, message = reason }: StatusFields): Record<string, unknown> {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

export function answerStatus(response: ServerResponse, fields: StatusFields): void {
  const headers = fields.retryAfter === undefined ? {} : { 'retry-after': fields.retryAfter };
  response
    .writeHead(fields.code, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(statusOf(fields)));
}
