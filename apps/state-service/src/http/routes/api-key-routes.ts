/**
 * /v1/api-keys: who may use this interface. A key gives away no more than it has, and ends no key that may do more than it;
 * a client changes over by a successor, a second key with the same rights, and by revoking the first.
 */
import {
  apiKeyCreationSchema,
  apiKeyResourceSchema,
  apiKeySuccessionSchema,
  createdApiKeySchema,
} from '@sluice/contract/state-api/api-key-resource.ts';
import type { Scope } from '@sluice/contract/state-api/api-scope.ts';
import { pageQueryFields, pageSchema } from '@sluice/contract/state-api/page.ts';
import { idSchema } from '@sluice/contract/state-api/resource-fields.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { mayGrant } from '../../domain/scope.ts';
import { NotFoundError } from '../../domain/state-error.ts';
import type { CreatedApiKey } from '../../domain/state-store.ts';
import { callerOf, writeContextOf } from '../caller.ts';
import { expectedVersion } from '../conditional-change.ts';
import {
  documentedAnswers,
  emptyAnswer,
  jsonAnswer,
  problemsOfChange,
  problemsOfCreation,
} from '../documented-answers.ts';
import { entityTag, readIfMatch } from '../entity-tag.ts';
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { ProblemError } from '../problem-error.ts';
import { type CreationAnswer, sendCreation } from '../repeatable-creation.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { idempotencyKeyHeader, ifMatchHeader, ifNoneMatchHeader } from '../request-headers.ts';
import { apiKeyBody } from '../resource-bodies.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendUnlessHeld } from '../versioned-answer.ts';

const tags = ['keys'];
const path = '/v1/api-keys/:id';
const params = Type.Object({ id: idSchema });
const createdAnswer = jsonAnswer(createdApiKeySchema, 'The new key, shown once.', ['ETag', 'Location']);

const listQuery = Type.Object(
  {
    ...pageQueryFields,
    client: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Only keys of this client.' })),
    liveOnly: Type.Optional(Type.Boolean({ description: 'Without those revoked or expired.' })),
  },
  { additionalProperties: false },
);

export function registerApiKeyRoutes(app: StateApp, parts: StateApiParts): void {
  listApiKeys(app, parts);
  createApiKey(app, parts);
  readApiKey(app, parts);
  succeedApiKey(app, parts);
  revokeApiKey(app, parts);
}

function demandGrantable(request: FastifyRequest, wanted: readonly Scope[]): void {
  if (mayGrant(callerOf(request).scopes, wanted)) return;
  throw new ProblemError('forbidden', { detail: 'The API key has fewer scopes than the key this is about' });
}

function creationAnswer({ apiKey, secret }: CreatedApiKey): CreationAnswer {
  const headers = {
    etag: entityTag(apiKey.version),
    location: `/v1/api-keys/${apiKey.id}`,
    'cache-control': 'no-store',
  };
  return { status: 201, headers, body: { ...apiKeyBody(apiKey), key: secret } };
}

function listApiKeys(app: StateApp, { store }: StateApiParts): void {
  app.get(
    '/v1/api-keys',
    {
      config: scoped('keys', 'read'),
      schema: {
        operationId: 'listApiKeys',
        summary: 'Lists API keys, without their secrets',
        tags,
        querystring: listQuery,
        response: documentedAnswers(
          { 200: jsonAnswer(pageSchema(apiKeyResourceSchema), 'A page of keys.', ['Link']) },
          [],
        ),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      return pageAnswer({ request, reply }, await store.read((unit) => unit.apiKeys.list(filter, page)), apiKeyBody);
    },
  );
}

function createApiKey(app: StateApp, { store }: StateApiParts): void {
  app.post(
    '/v1/api-keys',
    {
      config: scoped('keys', 'write'),
      schema: {
        operationId: 'createApiKey',
        summary: 'Creates an API key',
        tags,
        headers: idempotencyKeyHeader,
        body: apiKeyCreationSchema,
        response: documentedAnswers({ 201: createdAnswer }, problemsOfCreation),
      },
    },
    async (request, reply) => {
      const { client, scopes, expiresAt = null, comment = null } = request.body;
      demandGrantable(request, scopes);
      return await sendCreation(store, { request, reply }, async (unit) =>
        creationAnswer(await unit.apiKeys.create({ client, scopes, expiresAt, comment })),
      );
    },
  );
}

function readApiKey(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: scoped('keys', 'read'),
      schema: {
        operationId: 'getApiKey',
        summary: 'Reads an API key, without its secret',
        tags,
        params,
        headers: ifNoneMatchHeader,
        response: documentedAnswers(
          {
            200: jsonAnswer(apiKeyResourceSchema, 'The key.', ['ETag']),
            304: emptyAnswer('The client has it.', ['ETag']),
          },
          ['not-found'],
        ),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const apiKey = await store.read((unit) => unit.apiKeys.find(id));
      if (apiKey === null) throw new NotFoundError('ApiKey', id);
      return sendUnlessHeld({ request, reply }, apiKey, apiKeyBody(apiKey));
    },
  );
}

function succeedApiKey(app: StateApp, { store }: StateApiParts): void {
  app.post(
    `${path}/successor`,
    {
      config: scoped('keys', 'write'),
      schema: {
        operationId: 'createApiKeySuccessor',
        summary: 'Creates a second key for the client of this one, with the same scopes',
        description: 'A client has two live keys at most: revoke the first when the second is in use.',
        tags,
        params,
        headers: idempotencyKeyHeader,
        body: apiKeySuccessionSchema,
        response: documentedAnswers({ 201: createdAnswer }, [...problemsOfCreation, 'not-found']),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { expiresAt = null } = request.body;
      return await sendCreation(store, { request, reply }, async ({ apiKeys }) => {
        const first = await apiKeys.find(id);
        if (first === null) throw new NotFoundError('ApiKey', id);
        demandGrantable(request, first.scopes);
        if (first.revokedAt !== null) {
          throw new ProblemError('conflict', { detail: 'A revoked key has no successor: create a new key' });
        }
        const { client, scopes, comment } = first;
        return creationAnswer(await apiKeys.create({ client, scopes, expiresAt, comment }));
      });
    },
  );
}

function revokeApiKey(app: StateApp, { store }: StateApiParts): void {
  app.delete(
    path,
    {
      config: scoped('keys', 'write'),
      schema: {
        operationId: 'revokeApiKey',
        summary: 'Revokes an API key; it stays in lists',
        tags,
        params,
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('It is revoked.') }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      await store.write(writeContextOf(request), async ({ apiKeys }) => {
        const target = await apiKeys.find(id);
        if (target === null) throw new NotFoundError('ApiKey', id);
        demandGrantable(request, target.scopes);
        await apiKeys.revoke(id, await expectedVersion(condition, () => Promise.resolve(target)));
      });
      return reply.code(204).send();
    },
  );
}
