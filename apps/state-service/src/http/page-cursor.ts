/**
 * Where the next page of a list begins, as a text the client hands back unread: the sort key of the last item, bound to the
 * list and its filters, so that a cursor of another list is refused instead of giving a page that makes no sense. Pure.
 */
import { createHash } from 'node:crypto';
import { ProblemError } from './problem-error.ts';

const maxCursorLength = 1024;
const shape = /^[A-Za-z0-9_-]{12,}$/;
const checkLength = 8;

/** The cursor behind an item whose sort key is `after`. `list` names the list and the filters it was asked with. */
export function writePageCursor(list: string, after: string): string {
  return Buffer.from(check(list, after) + after, 'utf8').toString('base64url');
}

/** The sort key in a cursor; a problem when it is not one that this list gave out. */
export function readPageCursor(list: string, cursor: string): string {
  if (cursor.length <= maxCursorLength && shape.test(cursor)) {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    const after = text.slice(checkLength);
    if (text.startsWith(check(list, after)) && writePageCursor(list, after) === cursor) return after;
  }
  const detail = 'is not a cursor of this list with these filters';
  const remedy = 'follow the Link header of a page, or leave the cursor out to begin at the start';
  throw new ProblemError('invalid-fields', {
    detail: `The cursor ${detail} (${remedy})`,
    errors: [{ in: 'query', pointer: '/cursor', detail, remedy }],
  });
}

/** Against mistakes, not against forgery: whoever may read the list may read every page of it. */
function check(list: string, after: string): string {
  return createHash('sha256').update(`${list}\0${after}`).digest('base64url').slice(0, checkLength);
}
