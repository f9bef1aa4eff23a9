/** /v1/users: who may use the forward proxy. */
import { pageQueryFields, pageSchema } from '@sluice/contract/state-api/page.ts';
import { groupNameSchema, userNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import {
  userCreationSchema,
  userPatchSchema,
  userReplacementSchema,
  userResourceSchema,
} from '@sluice/contract/state-api/user-resource.ts';
import { Type } from 'typebox';
import { NotFoundError } from '../../domain/state-error.ts';
import type { UserPatch } from '../../domain/user.ts';
import { writeContextOf } from '../caller.ts';
import { expectedVersion } from '../conditional-change.ts';
import {
  documentedAnswers,
  emptyAnswer,
  jsonAnswer,
  problemsOfChange,
  problemsOfCreation,
} from '../documented-answers.ts';
import { entityTag, readIfMatch } from '../entity-tag.ts';
import { addressableName } from '../field-rules.ts';
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { sendCreation } from '../repeatable-creation.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { idempotencyKeyHeader, ifMatchHeader, ifNoneMatchHeader } from '../request-headers.ts';
import { userBody } from '../resource-bodies.ts';
import { userInputOf } from '../resource-inputs.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendUnlessHeld, sendVersioned } from '../versioned-answer.ts';

const tags = ['users'];
const path = '/v1/users/:name';
const params = Type.Object({ name: userNameSchema });
const userAnswer = jsonAnswer(userResourceSchema, 'The user.', ['ETag']);

const listQuery = Type.Object(
  {
    ...pageQueryFields,
    enabled: Type.Optional(Type.Boolean({ description: 'Only these.' })),
    destinations: Type.Optional(Type.Enum(['Public', 'Rules'], { type: 'string', description: 'Only these.' })),
    group: Type.Optional(groupNameSchema),
    namePrefix: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Only names that begin so.' })),
    managedByPrefix: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'Only those whose `managedBy` begins so.' }),
    ),
  },
  { additionalProperties: false },
);

export function registerUserRoutes(app: StateApp, parts: StateApiParts): void {
  listUsers(app, parts);
  createUser(app, parts);
  readUser(app, parts);
  replaceUser(app, parts);
  patchUser(app, parts);
  deleteUser(app, parts);
}

function listUsers(app: StateApp, { store }: StateApiParts): void {
  app.get(
    '/v1/users',
    {
      config: scoped('users', 'read'),
      schema: {
        operationId: 'listUsers',
        summary: 'Lists users by name',
        tags,
        querystring: listQuery,
        response: documentedAnswers(
          { 200: jsonAnswer(pageSchema(userResourceSchema), 'A page of users.', ['Link']) },
          [],
        ),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      return pageAnswer({ request, reply }, await store.read((unit) => unit.users.list(filter, page)), userBody);
    },
  );
}

function createUser(app: StateApp, { store }: StateApiParts): void {
  app.post(
    '/v1/users',
    {
      config: scoped('users', 'write'),
      schema: {
        operationId: 'createUser',
        summary: 'Creates a user, without credentials',
        tags,
        headers: idempotencyKeyHeader,
        body: userCreationSchema,
        response: documentedAnswers(
          { 201: jsonAnswer(userResourceSchema, 'The new user.', ['ETag', 'Location']) },
          problemsOfCreation,
        ),
      },
    },
    async (request, reply) => {
      const input = { name: addressableName(request.body.name, '/name'), ...userInputOf(request.body) };
      return await sendCreation(store, { request, reply }, async (unit) => {
        const user = await unit.users.create(input);
        const location = `/v1/users/${encodeURIComponent(user.name)}`;
        return { status: 201, headers: { etag: entityTag(user.version), location }, body: userBody(user) };
      });
    },
  );
}

function readUser(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: scoped('users', 'read'),
      schema: {
        operationId: 'getUser',
        summary: 'Reads a user',
        tags,
        params,
        headers: ifNoneMatchHeader,
        response: documentedAnswers({ 200: userAnswer, 304: emptyAnswer('The client has it.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const user = await store.read((unit) => unit.users.find(name));
      if (user === null) throw new NotFoundError('User', name);
      return sendUnlessHeld({ request, reply }, user, userBody(user));
    },
  );
}

function replaceUser(app: StateApp, { store }: StateApiParts): void {
  app.put(
    path,
    {
      config: scoped('users', 'write'),
      schema: {
        operationId: 'replaceUser',
        summary: 'Replaces a user; credentials and rules stay',
        tags,
        params,
        headers: ifMatchHeader,
        body: userReplacementSchema,
        response: documentedAnswers({ 200: userAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const fields = userInputOf(request.body);
      const condition = readIfMatch(request.headers['if-match']);
      const user = await store.write(writeContextOf(request), async ({ users }) =>
        users.update(name, fields, await expectedVersion(condition, () => users.find(name))),
      );
      return sendVersioned(reply, user, userBody(user));
    },
  );
}

function patchUser(app: StateApp, { store }: StateApiParts): void {
  app.patch(
    path,
    {
      config: scoped('users', 'write'),
      schema: {
        operationId: 'patchUser',
        summary: 'Changes some fields of a user (JSON merge patch)',
        tags,
        consumes: ['application/json', 'application/merge-patch+json'],
        params,
        headers: ifMatchHeader,
        body: userPatchSchema,
        response: documentedAnswers({ 200: userAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const patch: UserPatch = request.body;
      const condition = readIfMatch(request.headers['if-match']);
      const user = await store.write(writeContextOf(request), async ({ users }) =>
        users.update(name, patch, await expectedVersion(condition, () => users.find(name))),
      );
      return sendVersioned(reply, user, userBody(user));
    },
  );
}

function deleteUser(app: StateApp, { store }: StateApiParts): void {
  app.delete(
    path,
    {
      config: scoped('users', 'write'),
      schema: {
        operationId: 'deleteUser',
        summary: 'Deletes a user with its credentials, rules and memberships',
        tags,
        params,
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('It is gone.') }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      await store.write(writeContextOf(request), async ({ users }) =>
        users.delete(name, await expectedVersion(condition, () => users.find(name))),
      );
      return reply.code(204).send();
    },
  );
}
