/**
 * Who calls, and whether they may: an API key by `Authorization: Bearer`, before a byte of the body is read. Every refusal is
 * logged and counted, with the id of the key and never with the key.
 */
import type { Scope } from '@sluice/contract/state-api/api-scope.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeyAuthenticator } from '../api-keys/api-key-authenticator.ts';
import type { ApiKey } from '../domain/api-key.ts';
import { allowsScope } from '../domain/scope.ts';
import { ProblemError } from './problem-error.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Access } from './request-context.ts';
import type { AuthenticationRefusal, ServiceMetrics } from './service-metrics.ts';

export interface AuthenticationDeps {
  readonly authenticator: ApiKeyAuthenticator;
  readonly limits: RateLimits;
  readonly metrics: ServiceMetrics;
  readonly logger: Logger;
}

const bearer = /^Bearer +(?<token>[\x21-\x7e]{1,512})$/i;
const challenge = 'Bearer realm="sluice-state"';

/** A hook that sets `request.apiKey` or refuses. */
export function createAuthentication(
  deps: AuthenticationDeps,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const access = request.routeOptions.config.access;
    if (access === undefined || access.kind === 'Public') return;
    await deps.limits.takeForAddress(request);
    request.apiKey = await authenticate(request, deps);
    await deps.limits.takeForKey(request, reply);
    authorise(request, request.apiKey, { access, deps });
  };
}

async function authenticate(request: FastifyRequest, deps: AuthenticationDeps): Promise<ApiKey> {
  const { authorization } = request.headers;
  const token = bearer.exec(authorization ?? '')?.groups?.['token'];
  if (token === undefined) {
    const isMissing = authorization === undefined;
    return await refuse(request, deps, { reason: isMissing ? 'Missing' : 'Malformed', keyId: null });
  }
  const result = await deps.authenticator.authenticate(token);
  if (result.kind === 'Accepted') return result.apiKey;
  return await refuse(request, deps, { reason: result.reason, keyId: result.id });
}

interface Refusal {
  readonly reason: AuthenticationRefusal;
  readonly keyId: string | null;
}

async function refuse(request: FastifyRequest, deps: AuthenticationDeps, refusal: Refusal): Promise<never> {
  record(request, deps, refusal);
  await deps.limits.takeForFailure(request);
  // Which of the reasons it is stays in the log: the client learns nothing about keys that are not its own.
  const isMissing = refusal.reason === 'Missing';
  throw new ProblemError('unauthenticated', {
    detail: isMissing
      ? 'The request has no Authorization header; send Authorization: Bearer and an API key'
      : 'The API key is not valid: mistyped, unknown, expired or revoked',
    headers: { 'www-authenticate': isMissing ? challenge : `${challenge}, error="invalid_token"` },
  });
}

function authorise(
  request: FastifyRequest,
  apiKey: ApiKey,
  { access, deps }: { readonly access: Exclude<Access, { kind: 'Public' }>; readonly deps: AuthenticationDeps },
): void {
  const needs = access.kind === 'Scoped' ? [[access.resource, access.action] as const] : access.needs;
  const missing = needs.find(([resource, action]) => !allowsScope(apiKey.scopes, resource, action));
  if (missing === undefined) return;
  const scope = `${missing[0]}:${missing[1]}` satisfies Scope;
  record(request, deps, { reason: 'NotAllowed', keyId: apiKey.id });
  throw new ProblemError('forbidden', {
    detail: `The API key has no scope that includes ${scope}`,
    headers: { 'www-authenticate': `${challenge}, error="insufficient_scope", scope="${scope}"` },
  });
}

function record(request: FastifyRequest, { logger, metrics }: AuthenticationDeps, { reason, keyId }: Refusal): void {
  metrics.countRefusal(reason);
  logger.warn('api key refused', {
    reason,
    keyId,
    address: request.ip,
    method: request.method,
    route: request.routeOptions.url,
    requestId: request.id,
  });
}
