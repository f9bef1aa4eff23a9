/** A refusal of the API, as it is answered: a Status with a reason that programs read. */
import type { JsonObject } from './json-object.ts';

export interface FailureCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface FailureFields {
  readonly status: number;
  readonly reason: string;
  readonly causes?: readonly FailureCause[];
  readonly retryAfterSeconds?: number;
}

export class ApiFailure extends Error {
  readonly code = 'FAKE_API_FAILURE';
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly FailureCause[];
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, { status, reason, causes = [], retryAfterSeconds }: FailureFields) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.reason = reason;
    this.causes = causes;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** As an answer carries it, or an event of type ERROR. */
  toStatus(): JsonObject {
    const { causes, retryAfterSeconds } = this;
    const details = {
      ...(causes.length === 0 ? {} : { causes }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(Object.keys(details).length === 0 ? {} : { details }),
      code: this.status,
    };
  }
}

export function notFound(what: string, name: string): ApiFailure {
  return new ApiFailure(`${what} "${name}" not found`, { status: 404, reason: 'NotFound' });
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(message, { status: 400, reason: 'BadRequest' });
}

export function conflict(message: string, causes: readonly FailureCause[] = []): ApiFailure {
  return new ApiFailure(message, { status: 409, reason: 'Conflict', causes });
}

export function invalid(message: string, cause: FailureCause): ApiFailure {
  return new ApiFailure(message, { status: 422, reason: 'Invalid', causes: [cause] });
}

/** The resource version, or a continue token, is older than what is kept. */
export function expired(message: string): ApiFailure {
  return new ApiFailure(message, { status: 410, reason: 'Expired' });
}
