/**
 * What the state service answers when it does not do what was asked: RFC 9457 problem details. `type` is stable and is what
 * programs compare; `title` and `detail` are for people and may be reworded.
 */
import { type Static, Type } from 'typebox';

/** Every kind of problem: the last part of its `type`, the status it comes with, its title. */
export const problemKinds = {
  'malformed-request': { status: 400, title: 'The request is malformed' },
  'invalid-fields': { status: 400, title: 'Fields of the request are invalid' },
  unauthenticated: { status: 401, title: 'No valid API key was given' },
  forbidden: { status: 403, title: 'The API key may not do this' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'method-not-allowed': { status: 405, title: 'The resource does not support this method' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'The change conflicts with what is there' },
  'idempotency-in-flight': { status: 409, title: 'A request with this Idempotency-Key is being worked on' },
  'precondition-failed': { status: 412, title: 'The resource has changed since it was read' },
  'body-too-large': { status: 413, title: 'The body of the request is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type of the body is not supported' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'precondition-required': { status: 428, title: 'The request needs an If-Match header' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers of the request are too large' },
  internal: { status: 500, title: 'The service failed' },
  overloaded: { status: 503, title: 'The service has too much to do' },
  'database-unavailable': { status: 503, title: 'The database cannot be reached' },
  'outcome-unknown': { status: 503, title: 'It is not known whether the change was made' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemKind = keyof typeof problemKinds;

const problemTypePrefix = 'urn:sluice:problem:';

/** `urn:sluice:problem:not-found` */
export function problemType(kind: ProblemKind): string {
  return `${problemTypePrefix}${kind}`;
}

export const fieldErrorSchema = Type.Object(
  {
    pointer: Type.String({ maxLength: 2048, description: 'Where, as a JSON pointer into what `in` names.' }),
    in: Type.Optional(
      Type.Enum(['body', 'query', 'path', 'header'], {
        type: 'string',
        description: 'The part of the request; absent: the body.',
      }),
    ),
    detail: Type.String({ maxLength: 1024, description: 'What is wrong.' }),
    remedy: Type.Optional(Type.String({ maxLength: 1024, description: 'What to do.' })),
  },
  { additionalProperties: false, description: 'One field that is not right.' },
);

export type FieldError = Static<typeof fieldErrorSchema>;

export const problemSchema = Type.Object(
  {
    type: Type.String({ maxLength: 255, description: 'What kind of problem: a stable URI.' }),
    title: Type.String({ maxLength: 255, description: 'The kind of problem in words.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    detail: Type.String({ maxLength: 4096, description: 'This problem in words, with its remedy.' }),
    requestId: Type.String({ maxLength: 64, description: 'What the log lines about this request carry.' }),
    errors: Type.Optional(
      Type.Array(fieldErrorSchema, { maxItems: 100, description: 'The fields that are not right, the first 100.' }),
    ),
  },
  { additionalProperties: false, description: 'A problem (RFC 9457).' },
);

export type Problem = Static<typeof problemSchema>;
