/**
 * The life of one call: one signal for its deadline, its caller and its client, and what an error then means. Listeners on
 * signals that outlive the call are taken off at its end.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../port/clock.ts';
import { KubeApiError, KubeTransportError } from '../port/kube-error.ts';

export interface CallScopeOptions {
  /** `get secrets shop/ftp`, for messages. */
  readonly what: string;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly caller: AbortSignal | undefined;
  readonly maySend: (() => boolean) | undefined;
  readonly closing: AbortSignal;
}

export class CallScope {
  readonly #options: CallScopeOptions;
  readonly #controller = new AbortController();
  readonly #endsAtMs: number;
  readonly #onAbort = (): void => this.#controller.abort();
  readonly #cancelDeadline: () => void;

  constructor(options: CallScopeOptions) {
    this.#options = options;
    this.#endsAtMs = options.clock.nowMs() + options.deadlineMs;
    this.#cancelDeadline = options.clock.after(options.deadlineMs, this.#onAbort);
    for (const signal of [options.caller, options.closing]) {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      if (signal?.aborted === true) this.#controller.abort();
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What others bring, for no longer than the call may last. */
  async within<T>(work: Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<never>();
    const { signal } = this;
    signal.addEventListener('abort', () => ended.reject(signal.reason as Error), { once: true });
    if (signal.aborted) ended.reject(signal.reason as Error);
    return await Promise.race([work, ended.promise]);
  }

  /** Call right before it is sent. */
  throwUnlessSendable(): void {
    this.signal.throwIfAborted();
    if (this.#options.maySend?.() === false) throw this.#withheld();
  }

  /** What is sent is asked about once more when there is a connection: a process may be stopped while one is opened. */
  bodyOf(text: string): string | Readable {
    const { maySend } = this.#options;
    if (maySend === undefined) return text;
    const withheld = (): KubeTransportError => this.#withheld();
    return new Readable({
      read() {
        if (!maySend()) {
          this.destroy(withheld());
          return;
        }
        this.push(text);
        this.push(null);
      },
    });
  }

  #withheld(): KubeTransportError {
    const { what } = this.#options;
    return new KubeTransportError(`${what}: not sent: it is the caller's business no more`, 'Withheld');
  }

  remainingMs(): number {
    return this.#endsAtMs - this.#options.clock.nowMs();
  }

  /** The caller and the client can still end it. */
  withoutDeadline(): void {
    this.#cancelDeadline();
  }

  end(): void {
    this.#cancelDeadline();
    this.#options.caller?.removeEventListener('abort', this.#onAbort);
    this.#options.closing.removeEventListener('abort', this.#onAbort);
  }

  /** What to throw for an error that ended the call. */
  explain(error: unknown): unknown {
    const { what, caller, closing, deadlineMs } = this.#options;
    if (caller?.aborted === true) return caller.reason;
    if (closing.aborted) return new KubeTransportError(`${what}: the client is closed`, 'Closed');
    if (error instanceof KubeApiError || error instanceof KubeTransportError) return error;
    if (this.#controller.signal.aborted) {
      return new KubeTransportError(`${what}: no answer of the API server within ${deadlineMs} ms`, 'DeadlineExceeded');
    }
    const reason = error instanceof Error ? error.message : String(error);
    return new KubeTransportError(`${what}: the API server cannot be reached: ${reason}`, 'Unreachable', {
      cause: error,
    });
  }
}
