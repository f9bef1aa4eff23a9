/** /v1/acl-rules: destinations allowed to a user or to the members of a group. */
import {
  aclRuleCreationSchema,
  aclRuleReplacementSchema,
  aclRuleResourceSchema,
} from '@sluice/contract/state-api/acl-rule-resource.ts';
import { pageQueryFields, pageSchema } from '@sluice/contract/state-api/page.ts';
import { groupNameSchema, idSchema, userNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import { Type } from 'typebox';
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
import { aclSubjectOf } from '../field-rules.ts';
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { sendCreation } from '../repeatable-creation.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { idempotencyKeyHeader, ifMatchHeader, ifNoneMatchHeader } from '../request-headers.ts';
import { aclRuleBody } from '../resource-bodies.ts';
import { aclMatchOf } from '../resource-inputs.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendUnlessHeld, sendVersioned } from '../versioned-answer.ts';

const tags = ['acl'];
const path = '/v1/acl-rules/:id';
const params = Type.Object({ id: idSchema });
const ruleAnswer = jsonAnswer(aclRuleResourceSchema, 'The rule.', ['ETag']);

const listQuery = Type.Object(
  { ...pageQueryFields, user: Type.Optional(userNameSchema), group: Type.Optional(groupNameSchema) },
  { additionalProperties: false },
);

export function registerAclRuleRoutes(app: StateApp, parts: StateApiParts): void {
  listAclRules(app, parts);
  createAclRule(app, parts);
  readAclRule(app, parts);
  replaceAclRule(app, parts);
  deleteAclRule(app, parts);
}

function listAclRules(app: StateApp, { store }: StateApiParts): void {
  app.get(
    '/v1/acl-rules',
    {
      config: scoped('acl', 'read'),
      schema: {
        operationId: 'listAclRules',
        summary: 'Lists rules by id',
        tags,
        querystring: listQuery,
        response: documentedAnswers(
          { 200: jsonAnswer(pageSchema(aclRuleResourceSchema), 'A page of rules.', ['Link']) },
          [],
        ),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      return pageAnswer({ request, reply }, await store.read((unit) => unit.aclRules.list(filter, page)), aclRuleBody);
    },
  );
}

function createAclRule(app: StateApp, { store }: StateApiParts): void {
  app.post(
    '/v1/acl-rules',
    {
      config: scoped('acl', 'write'),
      schema: {
        operationId: 'createAclRule',
        summary: 'Adds a rule; it counts for users with destinations: Rules',
        tags,
        headers: idempotencyKeyHeader,
        body: aclRuleCreationSchema,
        response: documentedAnswers(
          { 201: jsonAnswer(aclRuleResourceSchema, 'The new rule.', ['ETag', 'Location']) },
          problemsOfCreation,
        ),
      },
    },
    async (request, reply) => {
      const input = { subject: aclSubjectOf(request.body, ''), ...aclMatchOf(request.body) };
      return await sendCreation(store, { request, reply }, async (unit) => {
        const rule = await unit.aclRules.create(input);
        const headers = { etag: entityTag(rule.version), location: `/v1/acl-rules/${rule.id}` };
        return { status: 201, headers, body: aclRuleBody(rule) };
      });
    },
  );
}

function readAclRule(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: scoped('acl', 'read'),
      schema: {
        operationId: 'getAclRule',
        summary: 'Reads a rule',
        tags,
        params,
        headers: ifNoneMatchHeader,
        response: documentedAnswers({ 200: ruleAnswer, 304: emptyAnswer('The client has it.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const rule = await store.read((unit) => unit.aclRules.find(id));
      if (rule === null) throw new NotFoundError('AclRule', id);
      return sendUnlessHeld({ request, reply }, rule, aclRuleBody(rule));
    },
  );
}

function replaceAclRule(app: StateApp, { store }: StateApiParts): void {
  app.put(
    path,
    {
      config: scoped('acl', 'write'),
      schema: {
        operationId: 'replaceAclRule',
        summary: 'Replaces what a rule allows; whose rule it is stays',
        tags,
        params,
        headers: ifMatchHeader,
        body: aclRuleReplacementSchema,
        response: documentedAnswers({ 200: ruleAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const match = aclMatchOf(request.body);
      const condition = readIfMatch(request.headers['if-match']);
      const rule = await store.write(writeContextOf(request), async ({ aclRules }) =>
        aclRules.update(id, match, await expectedVersion(condition, () => aclRules.find(id))),
      );
      return sendVersioned(reply, rule, aclRuleBody(rule));
    },
  );
}

function deleteAclRule(app: StateApp, { store }: StateApiParts): void {
  app.delete(
    path,
    {
      config: scoped('acl', 'write'),
      schema: {
        operationId: 'deleteAclRule',
        summary: 'Withdraws a rule',
        tags,
        params,
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('It is gone.') }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      await store.write(writeContextOf(request), async ({ aclRules }) =>
        aclRules.delete(id, await expectedVersion(condition, () => aclRules.find(id))),
      );
      return reply.code(204).send();
    },
  );
}
