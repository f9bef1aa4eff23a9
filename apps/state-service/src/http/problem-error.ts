/**
 * An answer that is a problem, thrown by whoever finds out and turned into a response in one place (problem-answer.ts).
 * Carries what the client may read and nothing else: no SQL, no stack, no part of a secret.
 */
import { type FieldError, type ProblemKind, problemKinds } from '@sluice/contract/state-api/problem.ts';

export interface ProblemOptions {
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class ProblemError extends Error {
  readonly code = 'SLUICE_PROBLEM';
  override readonly name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly fieldErrors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  /** A field, because Fastify assigns it to errors of validation. */
  readonly statusCode: number;

  constructor(kind: ProblemKind, options: ProblemOptions) {
    super(options.detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.fieldErrors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.statusCode = problemKinds[kind].status;
  }
}
