/** The answers of a route as its OpenAPI entry lists them: what it does when all is well, and the problems it may give. */
import { type ProblemKind, problemKinds, problemSchema, problemType } from '@sluice/contract/state-api/problem.ts';
import type { TSchema } from 'typebox';

interface HeaderDescription {
  readonly type: 'string' | 'integer';
  readonly description: string;
}

export interface AnswerDescription {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: TSchema }>>;
  readonly type?: 'null';
  readonly headers?: Readonly<Record<string, HeaderDescription>>;
}

const headerDescriptions = {
  ETag: { type: 'string', description: 'The version, for If-Match and If-None-Match.' },
  Location: { type: 'string', description: 'The address of the new resource.' },
  Link: { type: 'string', description: 'The next page, `rel="next"`.' },
  'Retry-After': { type: 'integer', description: 'Seconds to wait before the next try.' },
  'WWW-Authenticate': { type: 'string', description: 'How to authenticate.' },
} as const satisfies Readonly<Record<string, HeaderDescription>>;

export type AnswerHeader = keyof typeof headerDescriptions;

function headersOf(names: readonly AnswerHeader[]): Readonly<Record<string, HeaderDescription>> {
  return Object.fromEntries(names.map((name) => [name, headerDescriptions[name]]));
}

/** An answer with a body of JSON. */
export function jsonAnswer(
  schema: TSchema,
  description: string,
  headers: readonly AnswerHeader[] = [],
): AnswerDescription {
  return { description, headers: headersOf(headers), content: { 'application/json': { schema } } };
}

/** An answer without a body. */
export function emptyAnswer(description: string, headers: readonly AnswerHeader[] = []): AnswerDescription {
  return { description, headers: headersOf(headers), type: 'null' };
}

/** What every address behind an API key may answer. */
const everywhere: readonly ProblemKind[] = [
  'malformed-request',
  'invalid-fields',
  'unauthenticated',
  'forbidden',
  'rate-limited',
  'internal',
  'overloaded',
  'database-unavailable',
];

const problemsOfBody: readonly ProblemKind[] = ['request-timeout', 'body-too-large', 'unsupported-media-type'];
export const problemsOfChange: readonly ProblemKind[] = [
  ...problemsOfBody,
  'not-found',
  'conflict',
  'precondition-failed',
  'precondition-required',
  'outcome-unknown',
];
export const problemsOfCreation: readonly ProblemKind[] = [
  ...problemsOfBody,
  'conflict',
  'idempotency-in-flight',
  'idempotency-mismatch',
  'outcome-unknown',
];

const extraHeaders: Readonly<Record<number, readonly AnswerHeader[]>> = {
  401: ['WWW-Authenticate'],
  412: ['ETag'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** `schema.response` of a route: its good answers, the problems of its own and those of every address. */
export function documentedAnswers(
  good: Readonly<Record<number, AnswerDescription>>,
  problems: readonly ProblemKind[],
): Readonly<Record<number, AnswerDescription>> {
  const answers: Record<number, AnswerDescription> = { ...good };
  const kinds = [...new Set([...everywhere, ...problems])];
  for (const status of new Set(kinds.map((kind) => problemKinds[kind].status))) {
    const here = kinds.filter((kind) => problemKinds[kind].status === status);
    answers[status] = {
      description: here.map((kind) => `${problemKinds[kind].title} (\`${problemType(kind)}\`)`).join('; '),
      headers: headersOf(extraHeaders[status] ?? []),
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return answers;
}
