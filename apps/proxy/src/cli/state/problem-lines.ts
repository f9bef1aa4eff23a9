/** A problem as lines for a terminal: one for each field that is not right, else one for all of it. Pure. */
import type { FieldError, Problem } from '@sluice/contract/state-api/problem.ts';
import { printable } from './printable.ts';

/** What a person can do about a kind of problem, where the service cannot know that it speaks to this program. */
const remedies: Readonly<Record<string, string>> = {
  unauthenticated: 'check --key-file or SLUICE_STATE_KEY; the key may have been revoked or have expired',
  forbidden: 'use a key with the scope for it',
  'precondition-failed': 'somebody changed it meanwhile',
  'outcome-unknown': 'look whether it was done before repeating the command',
};

export function problemLines(problem: Problem): readonly string[] {
  const kind = problem.type.slice(problem.type.lastIndexOf(':') + 1);
  const errors = problem.errors ?? [];
  if (errors.length > 0) return errors.map((error) => printable(fieldLine(error)));
  const remedy = Object.hasOwn(remedies, kind) ? ` (${remedies[kind]})` : '';
  const request = problem.status >= 500 ? ` [request ${problem.requestId}]` : '';
  return [printable(`${problem.detail}${remedy}${request}`)];
}

function fieldLine({ pointer, in: part, detail, remedy }: FieldError): string {
  const place = `${part === undefined || part === 'body' ? '' : `${part} `}${pointer === '' ? 'the request' : pointer}`;
  return `${place}: ${detail}${remedy === undefined ? '' : ` (${remedy})`}`;
}
