/** Makes a KubeApiError of what the server answered: a Status where there is one, else what the HTTP answer says. Pure. */
import { KubeApiError } from '../port/kube-error.ts';
import { type StatusAnswer, statusCheck } from './api-shapes.ts';

export interface Refusal {
  readonly httpStatus: number;
  /** What was asked: `get secrets shop/ftp`. */
  readonly what: string;
  /** The parsed body, or undefined: no JSON. */
  readonly body: unknown;
  /** The header, as it came. */
  readonly retryAfter: string | undefined;
}

const maxMessageLength = 1024;

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Whole seconds only, as the API server writes it; a date of a gateway in between counts as not said. */
function parseRetryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

export function readRefusal({ httpStatus, what, body, retryAfter }: Refusal): KubeApiError {
  const status = statusCheck.Check(body) ? body : null;
  return errorOf(what, status, { httpStatus, retryAfterMs: parseRetryAfterMs(retryAfter) });
}

/** Of an ERROR event in a watch. */
export function readStreamError(what: string, object: unknown): KubeApiError {
  const status = statusCheck.Check(object) ? object : null;
  return errorOf(what, status, { httpStatus: status?.code ?? 500, retryAfterMs: undefined });
}

interface Answer {
  readonly httpStatus: number;
  readonly retryAfterMs: number | undefined;
}

function errorOf(what: string, status: StatusAnswer | null, { httpStatus, retryAfterMs }: Answer): KubeApiError {
  const said = status ?? emptyStatus;
  const code = said.code ?? httpStatus;
  const reason = said.reason ?? reasons[code] ?? 'Unknown';
  const message = (said.message ?? 'no explanation was given').slice(0, maxMessageLength);
  const { retryAfterSeconds, causes } = said.details ?? {};
  const seconds = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
  return new KubeApiError(`${what}: the API server answered ${code} ${reason}: ${message}`, {
    status: code,
    reason,
    retryAfterMs: retryAfterMs ?? seconds ?? null,
    causes: causes ?? [],
  });
}

const emptyStatus: StatusAnswer = { kind: 'Status' };
