/**
 * Plain requests to a Kubernetes API, real or fake: what a test sends is exactly what it wrote, and nothing is retried. It is no
 * client for production: it keeps all of an answer in memory and knows no resource.
 */
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeObject } from './kube-object.ts';
import { KubeWatch } from './kube-watch.ts';

/** Where, and as whom. */
export interface KubeEndpoint {
  /** `https://127.0.0.1:20001` */
  readonly server: string;
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
}

export interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body: `application/json`. */
  readonly contentType?: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: KubeObject;
}

class KubeRefusedError extends Error {
  readonly code = 'KUBE_REFUSED';
  readonly answer: KubeAnswer;

  constructor(what: string, answer: KubeAnswer) {
    super(`${what} was answered with ${answer.status}: ${JSON.stringify(answer.body['message'])}`);
    this.name = 'KubeRefusedError';
    this.answer = answer;
  }
}

const requestTimeoutMs = 60_000;

export class KubeClient {
  readonly #endpoint: KubeEndpoint;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(endpoint: KubeEndpoint) {
    this.#endpoint = endpoint;
    const isTls = endpoint.server.startsWith('https:');
    const { ca, certificate: cert, key } = endpoint;
    // Nothing is kept open between requests but by the kernel's leave: a file must be able to end.
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true, ca, cert, key }) : new HttpAgent({ keepAlive: true });
  }

  /** Whatever the server answers; rejects when there is no answer. */
  async send(path: string, request: KubeRequest = {}): Promise<KubeAnswer> {
    const response = await this.#open(path, request);
    const content = await text(response);
    return { status: response.statusCode ?? 0, headers: response.headers, body: readBody(content) };
  }

  /** The object of an answer below 300; throws a KubeRefusedError at any other. */
  async call(path: string, request: KubeRequest = {}): Promise<KubeObject> {
    const answer = await this.send(path, request);
    if (answer.status >= 300) throw new KubeRefusedError(`${request.method ?? 'GET'} ${path}`, answer);
    return answer.body;
  }

  /** Opens a watch; throws a KubeRefusedError when the server does not. */
  async watch(path: string, query: Readonly<Record<string, string>> = {}): Promise<KubeWatch> {
    const response = await this.#open(path, { query: { ...query, watch: 'true' } });
    if (response.statusCode === 200) return new KubeWatch(response);
    const body = readBody(await text(response));
    throw new KubeRefusedError(`watch of ${path}`, {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body,
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #open(path: string, { method = 'GET', query = {}, body, contentType }: KubeRequest): Promise<IncomingMessage> {
    const search = new URLSearchParams(query).toString();
    const url = new URL(`${path}${search === '' ? '' : `?${search}`}`, this.#endpoint.server);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      // The length too: without it node:http sends no body with DELETE.
      ...(payload === undefined
        ? {}
        : { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(payload) }),
      ...(this.#endpoint.token === undefined ? {} : { authorization: `Bearer ${this.#endpoint.token}` }),
    };
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    return await new Promise((resolve, reject) => {
      const request = open(url, { method, headers, agent: this.#agent }, resolve);
      request.setTimeout(requestTimeoutMs, () => request.destroy(new Error(`no answer to ${method} ${path}`)));
      request.on('error', reject);
      request.end(payload);
    });
  }
}

/** Some answers are plain text (`ok`, or a refusal before any handler). */
function readBody(content: string): KubeObject {
  try {
    return JSON.parse(content) as KubeObject;
  } catch {
    return { metadata: { name: '', uid: '', resourceVersion: '' }, message: content };
  }
}
