/**
 * Sends requests and hands back answers: the turn in the rate limit, credentials, deadline, repetition, bounded bodies. Knows
 * HTTP, no objects.
 */
import type { Dispatcher } from 'undici';
import { delay } from '../clock/delay.ts';
import { TokenBucket } from '../pace/token-bucket.ts';
import type { Clock } from '../port/clock.ts';
import type { CallOptions } from '../port/kube-client.ts';
import { KubeApiError, KubeTransportError } from '../port/kube-error.ts';
import { CallScope } from './call-scope.ts';
import type { ClientMetrics, RequestLabels } from './client-metrics.ts';
import type { Credentials, Session } from './credentials.ts';
import { parseJson } from './parse-json.ts';
import { readBody } from './read-body.ts';
import { readRefusal } from './read-refusal.ts';
import { retryDelayMs } from './retry-policy.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** `get secrets shop/ftp`, for messages. */
  readonly what: string;
  readonly content?: { readonly mediaType: string; readonly body: string };
}

export interface TransportConfig {
  readonly userAgent: string;
  readonly qps: number;
  readonly burst: number;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly maxPendingCalls: number;
  readonly maxWatches: number;
}

export interface TransportDeps {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly metrics: ClientMetrics;
}

/** An answer that goes on; whoever opened it ends it. */
export interface OpenAnswer {
  readonly body: AsyncIterable<Uint8Array>;
  /** What to throw for an error that reading ended with. */
  explain(error: unknown): unknown;
  end(): void;
}

type Response = Dispatcher.ResponseData;

const maxRefusalBytes = 256 * 1024;

export class Transport {
  readonly #config: TransportConfig;
  readonly #deps: TransportDeps;
  readonly #turns: TokenBucket;
  readonly #closing = new AbortController();
  #pendingCalls = 0;
  #watches = 0;

  constructor(config: TransportConfig, deps: TransportDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#turns = new TokenBucket(config.qps, config.burst, deps.clock.nowMs());
  }

  /** The parsed answer of a request that was granted. */
  async call(call: HttpCall, options: CallOptions): Promise<unknown> {
    const { maxPendingCalls } = this.#config;
    if (options.isUrgent !== true && this.#pendingCalls >= maxPendingCalls) throw overloaded(call, maxPendingCalls);
    const scope = this.#scope(call, options);
    this.#pendingCalls += 1;
    try {
      return await this.#repeat(call, scope, options.isUrgent === true);
    } catch (error) {
      throw scope.explain(error);
    } finally {
      this.#pendingCalls -= 1;
      scope.end();
    }
  }

  /** An answer that is read as it comes; the deadline holds until it begins. A refusal is thrown, and not repeated. */
  async open(call: HttpCall, signal: AbortSignal): Promise<OpenAnswer> {
    if (this.#watches >= this.#config.maxWatches) throw overloaded(call, this.#config.maxWatches);
    const scope = this.#scope(call, { signal });
    this.#watches += 1;
    let body: Response['body'] | null = null;
    const end = (): void => {
      this.#watches -= 1;
      scope.end();
      // Nobody may have begun to read it.
      body?.destroy();
    };
    try {
      const { response, labels, session } = await this.#send(call, scope, false);
      ({ body } = response);
      if (response.statusCode === 401) this.#deps.credentials.refused(session);
      if (response.statusCode !== 200) throw await this.#refusal(call, response, labels);
      scope.withoutDeadline();
      return { body, explain: (error) => scope.explain(error), end };
    } catch (error) {
      end();
      throw scope.explain(error);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#deps.credentials.close();
  }

  #scope({ what }: HttpCall, { signal, deadlineMs, maySend }: CallOptions): CallScope {
    const { clock } = this.#deps;
    const closing = this.#closing.signal;
    return new CallScope({
      what,
      clock,
      deadlineMs: deadlineMs ?? this.#config.deadlineMs,
      caller: signal,
      maySend,
      closing,
    });
  }

  async #repeat(call: HttpCall, scope: CallScope, isUrgent: boolean): Promise<unknown> {
    const { clock, metrics, credentials } = this.#deps;
    for (let repeated = 0; ; repeated += 1) {
      const { outcome, session } = await this.#attempt(call, scope, isUrgent);
      if (outcome.kind === 'Answer') return outcome.value;
      const { error } = outcome;
      const status = error instanceof KubeApiError ? error.status : null;
      // A renewed token, or a new answer of the exec plugin, may be at hand.
      const isRenewable = status === 401 && repeated === 0 && session !== null;
      if (isRenewable) credentials.refused(session);
      const waitMs = isRenewable ? 0 : this.#waitMs(call, scope, { error, repeated });
      if (waitMs === null) throw error;
      if (session !== null) metrics.repeated(labelsOf(call, session), status === null ? '<error>' : String(status));
      await delay(clock, waitMs, scope.signal);
    }
  }

  #waitMs(call: HttpCall, scope: CallScope, { error, repeated }: { error: unknown; repeated: number }): number | null {
    if (error instanceof KubeTransportError || scope.signal.aborted) return null;
    const answer = error instanceof KubeApiError ? error : null;
    const attempt = {
      status: answer?.status ?? null,
      retryAfterMs: answer?.retryAfterMs ?? null,
      isRead: call.method === 'GET',
      repeated,
      remainingMs: scope.remainingMs(),
    };
    return retryDelayMs(attempt, this.#deps.clock.random());
  }

  async #attempt(
    call: HttpCall,
    scope: CallScope,
    isUrgent: boolean,
  ): Promise<{ readonly outcome: Outcome; readonly session: Session | null }> {
    let session: Session | null = null;
    try {
      const { response, labels, session: used } = await this.#send(call, scope, isUrgent);
      session = used;
      if (response.statusCode >= 300) throw await this.#refusal(call, response, labels);
      return { outcome: { kind: 'Answer', value: await this.#read(call, response, labels) }, session };
    } catch (error) {
      return { outcome: { kind: 'Failed', error }, session };
    }
  }

  async #send(
    call: HttpCall,
    scope: CallScope,
    isUrgent: boolean,
  ): Promise<{ readonly response: Response; readonly labels: RequestLabels; readonly session: Session }> {
    const { clock, metrics, credentials } = this.#deps;
    const session = await scope.within(credentials.session());
    const labels = labelsOf(call, session);
    if (!isUrgent) {
      const waitMs = this.#turns.reserve(clock.nowMs());
      metrics.waitedForTurn(labels, waitMs);
      if (waitMs > 0) await delay(clock, waitMs, scope.signal);
    }
    scope.throwUnlessSendable();
    const sentMs = clock.nowMs();
    try {
      const response = await session.dispatcher.request({
        origin: session.server.origin,
        path: `${session.server.pathname.replace(/\/$/, '')}${call.path}`,
        method: call.method,
        headers: {
          ...session.headers,
          accept: 'application/json',
          'user-agent': this.#config.userAgent,
          ...(call.content === undefined ? {} : contentHeaders(call.content)),
        },
        body: call.content === undefined ? null : scope.bodyOf(call.content.body),
        signal: scope.signal,
      });
      response.body.on('error', ignoreLateError);
      metrics.answered(labels, String(response.statusCode), clock.nowMs() - sentMs);
      return { response, labels, session };
    } catch (error) {
      metrics.answered(labels, '<error>', clock.nowMs() - sentMs);
      throw error;
    }
  }

  async #read(call: HttpCall, response: Response, labels: RequestLabels): Promise<unknown> {
    const text = await this.#text(call, response, { labels, maxBytes: this.#config.maxBodyBytes });
    const value = parseJson(text);
    if (value === undefined) throw new KubeTransportError(`${call.what}: the answer is no JSON`, 'Unreadable');
    return value;
  }

  async #refusal(call: HttpCall, response: Response, labels: RequestLabels): Promise<KubeApiError> {
    const text = await this.#text(call, response, { labels, maxBytes: maxRefusalBytes });
    const header = response.headers['retry-after'];
    return readRefusal({
      httpStatus: response.statusCode,
      what: call.what,
      body: parseJson(text),
      retryAfter: typeof header === 'string' ? header : undefined,
    });
  }

  async #text(
    call: HttpCall,
    { body }: Response,
    { labels, maxBytes }: { readonly labels: RequestLabels; readonly maxBytes: number },
  ): Promise<string> {
    try {
      return await readBody(body, maxBytes, call.what);
    } catch (error) {
      if (error instanceof KubeTransportError) this.#deps.metrics.tooLarge(labels);
      body.destroy();
      throw error;
    }
  }
}

type Outcome =
  | { readonly kind: 'Answer'; readonly value: unknown }
  | { readonly kind: 'Failed'; readonly error: unknown };

function contentHeaders({ mediaType, body }: NonNullable<HttpCall['content']>): Readonly<Record<string, string>> {
  return { 'content-type': mediaType, 'content-length': String(Buffer.byteLength(body)) };
}

function labelsOf(call: HttpCall, session: Session): RequestLabels {
  return { verb: call.method, host: session.server.host };
}

function overloaded({ what }: HttpCall, maximum: number): KubeTransportError {
  return new KubeTransportError(`${what}: ${maximum} requests are under way already; try again later`, 'Overloaded');
}

/** A stream that nobody reads any more may still fail. */
function ignoreLateError(): void {}
