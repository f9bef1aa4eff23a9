/** What the service adds to Fastify's requests and routes. */
import type { ScopeAction, ScopeResource } from '@sluice/contract/state-api/api-scope.ts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ApiKey } from '../domain/api-key.ts';

/** Who may call a route. A route without one is refused when the service starts. */
export type Access =
  | { readonly kind: 'Public' }
  | { readonly kind: 'Scoped'; readonly resource: ScopeResource; readonly action: ScopeAction }
  /** Any valid key that holds all of these. */
  | { readonly kind: 'AllOf'; readonly needs: readonly (readonly [ScopeResource, ScopeAction])[] };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** The key the request came with; null before it was checked, and on public routes. */
    apiKey: ApiKey | null;
    /** The body as it was sent; null when there is none. */
    bodyBytes: Buffer | null;
    arrivedAtMs: number;
  }
}

export type StateApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** `access` of a route on one resource. */
export function scoped(resource: ScopeResource, action: ScopeAction): { readonly access: Access } {
  return { access: { kind: 'Scoped', resource, action } };
}

export const publicAccess: { readonly access: Access } = { access: { kind: 'Public' } };
