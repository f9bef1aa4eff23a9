/** One page of a list: what the query says about it, and the answer with the way to the next one. */
import { defaultPageSize } from '@sluice/contract/state-api/page.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page, PageRequest } from '../domain/page.ts';
import { readPageCursor, writePageCursor } from './page-cursor.ts';

interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

/** The page asked for. */
export function pageRequestOf(request: FastifyRequest, { limit, cursor }: PageQuery): PageRequest {
  const after = cursor === undefined ? null : readPageCursor(listOf(request), cursor);
  return { after, limit: limit ?? defaultPageSize };
}

/** The body, and a Link header (RFC 8288) that a client can follow as it is. */
export function pageAnswer<Row, Item>(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  page: Page<Row>,
  bodyOf: (row: Row) => Item,
): { items: Item[]; next?: string } {
  const items = page.rows.map(bodyOf);
  if (page.next === null) return { items };
  const next = writePageCursor(listOf(request), page.next);
  const query = queryOf(request);
  query.set('cursor', next);
  reply.header('link', `<${pathOf(request)}?${query.toString()}>; rel="next"`);
  return { items, next };
}

/** The list and its filters, however they are ordered. */
function listOf(request: FastifyRequest): string {
  const query = queryOf(request);
  query.delete('cursor');
  query.delete('limit');
  query.sort();
  return `${pathOf(request)}?${query.toString()}`;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.slice(pathOf(request).length));
}
