/**
 * What can go wrong between us and the API server. An answer that refuses is a KubeApiError; no answer, or one that cannot be
 * read, is a KubeTransportError. A caller's own AbortSignal is neither: its reason is thrown as it is.
 */

/** The parts of `details.causes[]` of a Status. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface KubeApiErrorFields {
  /** HTTP status, or the code of a Status that came in a watch. */
  readonly status: number;
  /** As the server says it: `NotFound`, `Conflict`, `AlreadyExists`, `Expired`, `Invalid`, `Forbidden`, `TooManyRequests`, ... */
  readonly reason: string;
  readonly retryAfterMs?: number | null;
  readonly causes?: readonly StatusCause[];
}

export class KubeApiError extends Error {
  readonly code = 'KUBE_API';
  override readonly name = 'KubeApiError';
  readonly status: number;
  readonly reason: string;
  /** null: the server did not say. */
  readonly retryAfterMs: number | null;
  readonly causes: readonly StatusCause[];

  constructor(message: string, fields: KubeApiErrorFields) {
    super(message);
    this.status = fields.status;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs ?? null;
    this.causes = fields.causes ?? [];
  }
}

export type TransportFailure =
  /** Connection refused, reset or closed early; credentials that cannot be had. */
  | 'Unreachable'
  /** No complete answer before the request's deadline. */
  | 'DeadlineExceeded'
  /** The answer, or one line of a watch, is larger than allowed. */
  | 'BodyTooLarge'
  /** The answer is no JSON, or not what was asked for. */
  | 'Unreadable'
  /** The caller's `maySend` said no. */
  | 'Withheld'
  /** Too many requests wait for their turn already. */
  | 'Overloaded'
  /** The client has been closed. */
  | 'Closed';

export class KubeTransportError extends Error {
  readonly code = 'KUBE_TRANSPORT';
  override readonly name = 'KubeTransportError';
  readonly failure: TransportFailure;

  constructor(message: string, failure: TransportFailure, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 404;
}

/** Another write came first (`Conflict`), a precondition failed, or a field belongs to another field manager. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** The resource version, or the continue token, is no longer served: list anew. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 410;
}

export function isForbidden(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 403;
}
