/**
 * The state service's REST interface as a program uses it: addresses, the key, conditions, repetition, pages. It reads
 * answers by the contract's schemas, tolerates fields it does not know, and never shows the key.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Problem, problemSchema } from '@sluice/contract/state-api/problem.ts';
import { maxCursorLength, maxPageSize } from '@sluice/contract/state-api/page.ts';
import type { Static, TSchema } from 'typebox';
import { Check, Clean } from 'typebox/value';
import { boundedBody } from './bounded-body.ts';
import { type RequestFailure, retryDelayMs } from './retry-decision.ts';
import { StateProblemError, StateUnreachableError } from './state-client-error.ts';

export interface StateClientConfig {
  /** With or without a path before `/v1`. */
  readonly url: URL;
  readonly key: string;
}

/** A resource as the service sent it, and the tag of that version. */
export interface Answer<Resource> {
  readonly resource: Resource;
  /** Fields unknown here included. */
  readonly sent: unknown;
  readonly etag: string;
}

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** `*`: whatever version it is. */
  readonly ifMatch?: string;
}

type Outcome =
  | { readonly kind: 'Done'; readonly text: string; readonly etag: string }
  | { readonly kind: 'Failed'; readonly failure: RequestFailure; readonly error: Error };

const timeoutMs = 30_000;
/** fetch's codes for a connection that was never there. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH']);

export class StateClient {
  readonly #base: string;
  readonly #key: string;

  constructor({ url, key }: StateClientConfig) {
    this.#base = url.href.replace(/\/+$/u, '');
    this.#key = key;
  }

  async read<Schema extends TSchema>(path: string, schema: Schema): Promise<Answer<Static<Schema>>> {
    const { text, etag } = await this.#send({ method: 'GET', path });
    return { ...readAnswer(text, schema), etag };
  }

  /** POST: done once, however often the request has to be sent. */
  async create<Schema extends TSchema>(path: string, body: unknown, schema: Schema): Promise<Answer<Static<Schema>>> {
    const { text, etag } = await this.#send({ method: 'POST', path, body });
    return { ...readAnswer(text, schema), etag };
  }

  async change<Schema extends TSchema>(
    request: Pick<Request, 'path' | 'body'> & { readonly method: 'PUT' | 'PATCH'; readonly ifMatch: string },
    schema: Schema,
  ): Promise<Answer<Static<Schema>>> {
    const { text, etag } = await this.#send(request);
    return { ...readAnswer(text, schema), etag };
  }

  async remove(path: string, ifMatch: string): Promise<void> {
    await this.#send({ method: 'DELETE', path, ifMatch });
  }

  /** All pages of a list, one after the other; `schema` is that of a page. */
  async *pages<Schema extends TSchema>(
    path: string,
    query: Readonly<Record<string, string>>,
    schema: Schema,
  ): AsyncGenerator<Answer<Static<Schema>>> {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const parameters = new URLSearchParams({
        ...query,
        limit: String(maxPageSize),
        ...(cursor === '' ? {} : { cursor }),
      });
      const page: Answer<Static<Schema>> = await this.read(`${path}?${parameters.toString()}`, schema);
      yield page;
      const next = nextCursor(page.resource);
      if (next !== null && next === cursor) throw new StateUnreachableError(`the list ${path} does not go on`);
      cursor = next;
    }
  }

  async #send(request: Request): Promise<{ readonly text: string; readonly etag: string }> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#key}`,
      accept: 'application/json, application/problem+json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.ifMatch === undefined ? {} : { 'if-match': request.ifMatch }),
      ...(request.method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    };
    const isRepeatable = request.method === 'GET' || request.method === 'POST';
    for (let number = 1; ; number += 1) {
      const outcome = await this.#attempt(request, headers);
      if (outcome.kind === 'Done') return outcome;
      const waitMs = retryDelayMs(outcome.failure, { number, isRepeatable });
      if (waitMs === null) throw outcome.error;
      await delay(waitMs);
    }
  }

  async #attempt(request: Request, headers: Readonly<Record<string, string>>): Promise<Outcome> {
    try {
      const response = await fetch(`${this.#base}${request.path}`, {
        method: request.method,
        headers,
        body: request.body === undefined ? null : JSON.stringify(request.body),
        // A redirection could take the key elsewhere.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await boundedBody(response);
      if (response.ok) return { kind: 'Done', text, etag: response.headers.get('etag') ?? '' };
      return this.#refusal(response, text);
    } catch (error) {
      const reason = reasonOf(error);
      const failure = { kind: 'Network', wasSent: !neverSent.has(reason.code) } as const;
      const message = `cannot reach the state service at ${this.#base}: ${reason.text} (is it running there? --state or SLUICE_STATE_URL says where)`;
      return { kind: 'Failed', failure, error: new StateUnreachableError(message, { cause: error }) };
    }
  }

  #refusal(response: Response, text: string): Outcome {
    const problem = problemIn(text);
    if (problem === null) {
      const message = `what answers at ${this.#base} is no state service: status ${response.status} without a problem document`;
      const failure = { kind: 'Problem', type: '', retryAfterSeconds: null } as const;
      return { kind: 'Failed', failure, error: new StateUnreachableError(message) };
    }
    const retryAfter = response.headers.get('retry-after');
    const retryAfterSeconds = retryAfter !== null && /^\d{1,6}$/u.test(retryAfter) ? Number(retryAfter) : null;
    const failure = { kind: 'Problem', type: problem.type, retryAfterSeconds } as const;
    return { kind: 'Failed', failure, error: new StateProblemError(problem) };
  }
}

function readAnswer<Schema extends TSchema>(
  text: string,
  schema: Schema,
): { readonly resource: Static<Schema>; readonly sent: unknown } {
  const sent = parseJson(text);
  // Clean changes what it is given.
  const resource = Clean(schema, parseJson(text));
  if (Check(schema, resource)) return { resource, sent };
  throw new StateUnreachableError(
    'the state service answered in a form that is not known here (is it another version?)',
  );
}

function problemIn(text: string): Problem | null {
  const problem = Clean(problemSchema, parseJson(text));
  return Check(problemSchema, problem) ? problem : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nextCursor(page: unknown): string | null {
  if (typeof page !== 'object' || page === null || !('next' in page)) return null;
  return typeof page.next === 'string' && page.next !== '' && page.next.length <= maxCursorLength ? page.next : null;
}

/** fetch says `fetch failed` and keeps the reason in the cause. */
function reasonOf(error: unknown): { readonly code: string; readonly text: string } {
  if (!(error instanceof Error)) return { code: '', text: String(error) };
  if (error.name === 'TimeoutError') return { code: 'TimeoutError', text: `no answer within ${timeoutMs / 1000} s` };
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return { code, text: cause.message === '' ? code : cause.message };
}
