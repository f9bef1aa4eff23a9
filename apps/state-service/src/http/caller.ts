/** Whose request it is, for routes that have an API key for certain. */
import type { FastifyRequest } from 'fastify';
import type { ApiKey } from '../domain/api-key.ts';
import type { WriteContext } from '../domain/state-store.ts';

/** The key of the request; authentication lets none of these routes be reached without one. */
export function callerOf(request: FastifyRequest): ApiKey {
  if (request.apiKey === null) throw new Error('a route that needs an API key was reached without one');
  return request.apiKey;
}

/** What the audit log says about a change. */
export function writeContextOf(request: FastifyRequest): WriteContext {
  return { actor: callerOf(request).id, requestId: request.id };
}
