/**
 * Stands between one operator and a real API server and spoils what passes, as a test says: refusals, watches that end too soon or say
 * things twice, lists of yesterday. Whoever comes through it is the user that its certificate names, so that the audit log tells them
 * apart. What is not spoiled passes as it is.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { openServer } from '@sluice/testkit/open-server.ts';

export interface RelayedCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly kind: 'Watch' | 'List' | 'Other';
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** What becomes of one line of a watch. `End` ends the watch in order after it, `Cut` breaks it. */
export type LineFate = 'Pass' | 'Double' | 'End' | 'Cut';

export class ApiRelay {
  readonly kubeconfigPath: string;
  readonly calls: RelayedCall[] = [];
  /** null: it passes. */
  refuse: (call: RelayedCall) => Refusal | null = () => null;
  fateOfLine: (call: RelayedCall) => LineFate = () => 'Pass';
  /** Answers lists with the last answer from before this was set. */
  repeatsLists = false;
  readonly #api: KubeApi;
  readonly #agent: Agent;
  readonly #watches = new Set<ServerResponse>();
  readonly #lastLists = new Map<string, string>();

  constructor(api: KubeApi, agent: Agent, kubeconfigPath: string) {
    this.#api = api;
    this.#agent = agent;
    this.kubeconfigPath = kubeconfigPath;
  }

  serve(incoming: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {});
    this.#serve(incoming, response).catch(() => response.destroy());
  }

  /** Says on every watch that its resource version is too old, and ends it. */
  expireWatches(): void {
    for (const response of this.#watches) response.end(`${expiredLine}\n`);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const call = readCall(incoming);
    this.calls.push(call);
    const refusal = this.refuse(call);
    if (refusal !== null) {
      answerRefusal(response, refusal);
      return;
    }
    const answer = await this.#forward(incoming, response, body);
    const status = answer.statusCode ?? 502;
    if (call.kind === 'Watch' && status === 200) {
      await this.#passWatch(call, answer, response);
      return;
    }
    const whole = await text(answer);
    const content = Buffer.from(
      call.kind === 'List' && status === 200 ? this.#listOf(incoming.url ?? '', whole) : whole,
    );
    const { 'retry-after': retryAfter, 'content-type': type = 'application/json' } = answer.headers;
    response.writeHead(status, {
      'content-type': type,
      'content-length': content.length,
      ...(retryAfter && { 'retry-after': retryAfter }),
    });
    response.end(content);
  }

  #listOf(url: string, content: string): string {
    if (!this.repeatsLists) this.#lastLists.set(url, content);
    return this.#lastLists.get(url) ?? content;
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse, body: string): Promise<IncomingMessage> {
    const { host: _, authorization: __, connection: ___, ...headers } = incoming.headers;
    return await new Promise((resolve, reject) => {
      const { method = 'GET', url = '/' } = incoming;
      const outgoing = requestHttps(new URL(url, this.#api.server), { method, headers, agent: this.#agent }, resolve);
      outgoing.on('error', reject);
      response.on('close', () => {
        if (!response.writableFinished) outgoing.destroy();
      });
      outgoing.end(body);
    });
  }

  async #passWatch(call: RelayedCall, answer: IncomingMessage, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    this.#watches.add(response);
    response.on('close', () => {
      this.#watches.delete(response);
      answer.destroy();
    });
    for await (const line of createInterface({ input: answer })) {
      if (response.writableEnded) return;
      const fate = this.fateOfLine(call);
      response.write(`${line}\n`);
      if (fate === 'Double') response.write(`${line}\n`);
      if (fate === 'Cut') response.destroy();
      if (fate === 'End' || fate === 'Cut') break;
    }
    response.end();
    answer.destroy();
  }
}

function readCall({ method = 'GET', url = '/' }: IncomingMessage): RelayedCall {
  const { pathname: path, searchParams: query } = new URL(url, 'http://relay');
  const last = path.split('/').at(-1) ?? '';
  const isCollection = method === 'GET' && /^(proxy|services|endpointslices|referencegrants)/.test(last);
  const kind = query.get('watch') !== null ? 'Watch' : isCollection ? 'List' : 'Other';
  return { method, path, query, kind };
}

function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const { retryAfterSeconds } = refusal;
  response.writeHead(refusal.status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify(statusOf(refusal)));
}

function statusOf({ status, reason }: Refusal): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: reason, code: status };
}

const expiredLine = JSON.stringify({ type: 'ERROR', object: statusOf({ status: 410, reason: 'Expired' }) });

/** As a user of this name, who may do everything. */
export async function openApiRelay(scope: CleanupScope, api: KubeApi, user: string): Promise<ApiRelay> {
  const [certificate, key] = await issueCertificate(api, user);
  const agent = new Agent({ keepAlive: true, ca: readFileSync(api.caPath), cert: certificate, key });
  scope.after(() => agent.destroy());
  const kubeconfigPath = join(api.stateDirectory, `relay-${randomUUID().slice(0, 8)}.kubeconfig`);
  const relay = new ApiRelay(api, agent, kubeconfigPath);
  const server = createServer((incoming, response) => relay.serve(incoming, response));
  const { port } = await openServer(scope, server);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'relay',
    clusters: [{ name: 'relay', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'relay', user: { token: 'unused' } }],
    contexts: [{ name: 'relay', context: { cluster: 'relay', user: 'relay' } }],
  };
  await writeFile(kubeconfigPath, JSON.stringify(kubeconfig));
  return relay;
}

async function issueCertificate(api: KubeApi, name: string): Promise<readonly [Buffer, Buffer]> {
  const path = await api.createUserKubeconfig({ name, groups: ['system:masters'] });
  const base = path.replace(/\.kubeconfig$/, '');
  return [readFileSync(`${base}.crt`), readFileSync(`${base}.key`)];
}
