/** The answer that carries a resource: its body, and its version as entity tag (RFC 9110 section 8.8.3). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, isHeldByClient } from './entity-tag.ts';

interface Versioned {
  readonly version: number;
}

export function sendVersioned(reply: FastifyReply, { version }: Versioned, body: object): FastifyReply {
  return reply.header('etag', entityTag(version)).send(body);
}

/** To a GET: 304 without a body when the client holds this version (section 15.4.5). */
export function sendUnlessHeld(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  resource: Versioned,
  body: object,
): FastifyReply {
  const isHeld = isHeldByClient(request.headers['if-none-match'], resource.version);
  if (!isHeld) return sendVersioned(reply, resource, body);
  return reply.code(304).header('etag', entityTag(resource.version)).send();
}
