/**
 * The fake over HTTP: reads requests, lets the planned faults happen, answers. It decides nothing about objects and keeps, beside
 * its watches, only a bounded record of what was asked.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiFailure } from './api-failure.ts';
import { describeApi } from './describe-api.ts';
import { FakeFaults, type MetFaults } from './fake-faults.ts';
import { type FakeRequest, readRequest } from './fake-request.ts';
import type { FakeResource } from './fake-resource.ts';
import { listObjects } from './list-objects.ts';
import { type ApiAnswer, ObjectApi } from './object-api.ts';
import { ObjectLog } from './object-log.ts';
import { WatchStream } from './watch-stream.ts';

export interface FakeServerOptions {
  readonly resources: readonly FakeResource[];
  readonly now: () => Date;
  readonly bookmarkIntervalMs: number;
}

/** A request and how it was answered; null: it was not (yet). */
export interface RecordedRequest extends FakeRequest {
  readonly status: number | null;
}

const maxBodyBytes = 3 * 1024 * 1024;
const maxRecorded = 200_000;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new ApiFailure('Request entity too large: limit is 3145728', {
        status: 413,
        reason: 'RequestEntityTooLarge',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export class FakeServer {
  readonly log = new ObjectLog();
  readonly faults = new FakeFaults();
  readonly #options: FakeServerOptions;
  readonly #api: ObjectApi;
  readonly #watches = new Set<WatchStream>();
  readonly #recorded: { request: FakeRequest; status: number | null }[] = [];
  #gate: PromiseWithResolvers<void> | null = null;

  constructor(options: FakeServerOptions) {
    this.#options = options;
    this.#api = new ObjectApi({ log: this.log, resources: options.resources, now: options.now });
  }

  createHttpServer(): Server {
    // An idle connection is never closed: at that moment a client in this process may be writing on it.
    return createServer({ keepAliveTimeout: 0 }, (request, response) => {
      response.on('error', () => {}); // the client went away
      this.#serve(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else this.#answer(response, failureOf(error), undefined);
      });
    });
  }

  /** The requests for objects, oldest first; the first 200 000. */
  requests(predicate: (request: RecordedRequest) => boolean = () => true): readonly RecordedRequest[] {
    return this.#recorded.map(({ request, status }) => ({ ...request, status })).filter(predicate);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  closeWatches(isAbrupt: boolean): void {
    const open = [...this.#watches];
    this.#watches.clear();
    for (const watch of open) watch.close(isAbrupt);
  }

  /** Requests are taken and not looked at until `resume`. Watches say nothing either, because nothing changes. */
  pause(): void {
    this.#gate ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (this.#gate !== null) await this.#gate.promise;
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const raw = { method: incoming.method ?? 'GET', url, headers: incoming.headers, body };
    const request = readRequest(raw, this.#options.resources);
    if (request === null) {
      this.#describe(url.pathname, response);
      return;
    }
    const entry = { request, status: null as number | null };
    if (this.#recorded.length < maxRecorded) this.#recorded.push(entry);
    response.on('finish', () => {
      entry.status = response.statusCode;
    });
    await this.#serveObject(request, response);
  }

  async #serveObject(request: FakeRequest, response: ServerResponse): Promise<void> {
    const faults = this.faults.meet(request);
    if (faults.find('Hang') !== undefined) return;
    if (faults.find('ResetBefore') !== undefined) {
      response.destroy();
      return;
    }
    const pause = faults.find('Delay');
    if (pause !== undefined) await delay(pause.ms, undefined, { ref: false });
    const refusal = faults.find('Refuse');
    if (refusal !== undefined) throw new ApiFailure(refusal.message ?? 'refused by the test', refusal);
    if (request.verb === 'watch') {
      this.#watch(request, response, faults);
      return;
    }
    const answer = this.#handle(request, faults);
    if (faults.find('ResetAfter') === undefined) this.#answer(response, answer, faults);
    else response.destroy();
  }

  #handle(request: FakeRequest, faults: MetFaults): ApiAnswer {
    switch (request.verb) {
      case 'list':
        return { status: 200, body: listObjects(this.log, request, faults.find('StaleList')?.revision) };
      case 'get':
        return this.#api.get(request);
      case 'create':
        return this.#api.create(request);
      case 'update':
        return this.#api.update(request);
      case 'patch':
        return this.#api.patch(request);
      case 'apply':
        return this.#api.apply(request);
      case 'delete':
        return this.#api.delete(request);
      case 'watch':
        throw new Error('a watch has no single answer');
    }
  }

  #watch(request: FakeRequest, response: ServerResponse, faults: MetFaults): void {
    const stream = new WatchStream({
      log: this.log,
      request,
      faults,
      bookmarkIntervalMs: this.#options.bookmarkIntervalMs,
      sink: {
        send: (event) => void response.write(`${JSON.stringify(event)}\n`),
        end: () => void response.end(),
        cut: () => void response.destroy(),
      },
    });
    this.#watches.add(stream);
    response.on('close', () => {
      this.#watches.delete(stream);
      stream.close(true);
    });
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    stream.start();
  }

  #describe(path: string, response: ServerResponse): void {
    const found = describeApi(path, this.#options.resources);
    if (found === null)
      throw new ApiFailure('the server could not find the requested resource', { status: 404, reason: 'NotFound' });
    if (typeof found === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(found);
    else this.#answer(response, { status: 200, body: found }, undefined);
  }

  #answer(
    response: ServerResponse,
    { status, body, headers }: ApiAnswer & Partial<WithHeaders>,
    faults: MetFaults | undefined,
  ): void {
    const garbage = faults?.find('Garbage');
    const content = Buffer.from(garbage?.body ?? JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': content.length, ...headers });
    const cut = faults?.find('CutBody');
    if (cut === undefined) response.end(content);
    else response.write(content.subarray(0, cut.afterBytes), () => response.destroy());
  }
}

interface WithHeaders {
  readonly headers: Readonly<Record<string, string>>;
}

function failureOf(error: unknown): ApiAnswer & WithHeaders {
  const failure =
    error instanceof ApiFailure
      ? error
      : new ApiFailure(`the fake failed: ${error instanceof Error ? error.stack : String(error)}`, {
          status: 500,
          reason: 'InternalError',
        });
  const headers = failure.retryAfterSeconds === undefined ? {} : { 'retry-after': String(failure.retryAfterSeconds) };
  return { status: failure.status, body: failure.toStatus(), headers };
}
