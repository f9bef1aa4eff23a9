/** /v1/groups: rules and quotas that several users share. Members are users with the group in `groups`. */
import {
  groupCreationSchema,
  groupPatchSchema,
  groupReplacementSchema,
  groupResourceSchema,
} from '@sluice/contract/state-api/group-resource.ts';
import { pageQueryFields, pageSchema } from '@sluice/contract/state-api/page.ts';
import { groupNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import { Type } from 'typebox';
import type { GroupPatch } from '../../domain/group.ts';
import { NotFoundError } from '../../domain/state-error.ts';
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
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { sendCreation } from '../repeatable-creation.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { idempotencyKeyHeader, ifMatchHeader, ifNoneMatchHeader } from '../request-headers.ts';
import { groupBody } from '../resource-bodies.ts';
import { groupInputOf } from '../resource-inputs.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendUnlessHeld, sendVersioned } from '../versioned-answer.ts';

const tags = ['groups'];
const path = '/v1/groups/:name';
const params = Type.Object({ name: groupNameSchema });
const groupAnswer = jsonAnswer(groupResourceSchema, 'The group.', ['ETag']);

const listQuery = Type.Object(
  {
    ...pageQueryFields,
    namePrefix: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'Only names that begin so.' })),
  },
  { additionalProperties: false },
);

export function registerGroupRoutes(app: StateApp, parts: StateApiParts): void {
  listGroups(app, parts);
  createGroup(app, parts);
  readGroup(app, parts);
  replaceGroup(app, parts);
  patchGroup(app, parts);
  deleteGroup(app, parts);
}

function listGroups(app: StateApp, { store }: StateApiParts): void {
  app.get(
    '/v1/groups',
    {
      config: scoped('groups', 'read'),
      schema: {
        operationId: 'listGroups',
        summary: 'Lists groups by name',
        tags,
        querystring: listQuery,
        response: documentedAnswers(
          { 200: jsonAnswer(pageSchema(groupResourceSchema), 'A page of groups.', ['Link']) },
          [],
        ),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      return pageAnswer({ request, reply }, await store.read((unit) => unit.groups.list(filter, page)), groupBody);
    },
  );
}

function createGroup(app: StateApp, { store }: StateApiParts): void {
  app.post(
    '/v1/groups',
    {
      config: scoped('groups', 'write'),
      schema: {
        operationId: 'createGroup',
        summary: 'Creates a group',
        tags,
        headers: idempotencyKeyHeader,
        body: groupCreationSchema,
        response: documentedAnswers(
          { 201: jsonAnswer(groupResourceSchema, 'The new group.', ['ETag', 'Location']) },
          problemsOfCreation,
        ),
      },
    },
    async (request, reply) => {
      const input = { name: request.body.name, ...groupInputOf(request.body) };
      return await sendCreation(store, { request, reply }, async (unit) => {
        const group = await unit.groups.create(input);
        const location = `/v1/groups/${encodeURIComponent(group.name)}`;
        return { status: 201, headers: { etag: entityTag(group.version), location }, body: groupBody(group) };
      });
    },
  );
}

function readGroup(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: scoped('groups', 'read'),
      schema: {
        operationId: 'getGroup',
        summary: 'Reads a group',
        tags,
        params,
        headers: ifNoneMatchHeader,
        response: documentedAnswers({ 200: groupAnswer, 304: emptyAnswer('The client has it.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const group = await store.read((unit) => unit.groups.find(name));
      if (group === null) throw new NotFoundError('Group', name);
      return sendUnlessHeld({ request, reply }, group, groupBody(group));
    },
  );
}

function replaceGroup(app: StateApp, { store }: StateApiParts): void {
  app.put(
    path,
    {
      config: scoped('groups', 'write'),
      schema: {
        operationId: 'replaceGroup',
        summary: 'Replaces a group; members and rules stay',
        tags,
        params,
        headers: ifMatchHeader,
        body: groupReplacementSchema,
        response: documentedAnswers({ 200: groupAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const fields = groupInputOf(request.body);
      const condition = readIfMatch(request.headers['if-match']);
      const group = await store.write(writeContextOf(request), async ({ groups }) =>
        groups.update(name, fields, await expectedVersion(condition, () => groups.find(name))),
      );
      return sendVersioned(reply, group, groupBody(group));
    },
  );
}

function patchGroup(app: StateApp, { store }: StateApiParts): void {
  app.patch(
    path,
    {
      config: scoped('groups', 'write'),
      schema: {
        operationId: 'patchGroup',
        summary: 'Changes some fields of a group (JSON merge patch)',
        tags,
        consumes: ['application/json', 'application/merge-patch+json'],
        params,
        headers: ifMatchHeader,
        body: groupPatchSchema,
        response: documentedAnswers({ 200: groupAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const patch: GroupPatch = request.body;
      const condition = readIfMatch(request.headers['if-match']);
      const group = await store.write(writeContextOf(request), async ({ groups }) =>
        groups.update(name, patch, await expectedVersion(condition, () => groups.find(name))),
      );
      return sendVersioned(reply, group, groupBody(group));
    },
  );
}

function deleteGroup(app: StateApp, { store }: StateApiParts): void {
  app.delete(
    path,
    {
      config: scoped('groups', 'write'),
      schema: {
        operationId: 'deleteGroup',
        summary: 'Deletes a group with its rules; its members stay',
        tags,
        params,
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('It is gone.') }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      await store.write(writeContextOf(request), async ({ groups }) =>
        groups.delete(name, await expectedVersion(condition, () => groups.find(name))),
      );
      return reply.code(204).send();
    },
  );
}
