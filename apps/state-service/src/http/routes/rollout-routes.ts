/** /v1/rollouts: how far managed users have come, many in one answer, so that their keeper need not ask for each. */
import { pageQueryFields } from '@sluice/contract/state-api/page.ts';
import {
  maxShownRejections,
  type RolloutResource,
  rolloutPageSchema,
} from '@sluice/contract/state-api/rollout-resource.ts';
import { Type } from 'typebox';
import type { ManagedUser } from '../../domain/managed-user.ts';
import type { UserRollouts } from '../../domain/user-rollouts.ts';
import { documentedAnswers, jsonAnswer } from '../documented-answers.ts';
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { scoped, type StateApp } from '../request-context.ts';
import type { StateApiParts } from '../state-api-deps.ts';

const listQuery = Type.Object(
  {
    ...pageQueryFields,
    managedByPrefix: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'Only those whose `managedBy` begins so.' }),
    ),
    sinceGeneration: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only those of this generation or a later one: what changed lately.',
      }),
    ),
  },
  { additionalProperties: false },
);

export function registerRolloutRoutes(app: StateApp, { store, rollouts }: StateApiParts): void {
  app.get(
    '/v1/rollouts',
    {
      config: scoped('users', 'read'),
      schema: {
        operationId: 'listRollouts',
        summary: 'Lists managed users by name, with which proxies have them in force',
        tags: ['users'],
        querystring: listQuery,
        response: documentedAnswers({ 200: jsonAnswer(rolloutPageSchema, 'A page of managed users.', ['Link']) }, []),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      const { liveProxies: proxies, isSettled } = rollouts;
      const users = await store.read((unit) => unit.managedUsers.list(filter, page));
      return { ...pageAnswer({ request, reply }, users, (user) => rolloutBody(user, rollouts)), proxies, isSettled };
    },
  );
}

function rolloutBody(user: ManagedUser, rollouts: UserRollouts): RolloutResource {
  const { name, managedBy, managedRevision, tag, isEdited, generation, publication } = user;
  const { acknowledged, rejections } = rollouts.of(user);
  return {
    name,
    managedBy,
    ...(managedRevision === null ? {} : { managedRevision }),
    etag: `"${tag}"`,
    isEdited,
    generation,
    isPublished: publication !== null,
    acknowledged,
    rejections: rejections.slice(0, maxShownRejections).map(({ proxy, reason }) => ({ proxy, reason })),
    rejected: rejections.length,
  };
}
