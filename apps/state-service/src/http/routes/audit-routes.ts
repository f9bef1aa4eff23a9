/** /v1/audit: what was changed by whom. Read only; nothing here or elsewhere removes an entry. */
import { auditEntryResourceSchema, auditedKinds } from '@sluice/contract/state-api/audit-entry-resource.ts';
import { pageQueryFields, pageSchema } from '@sluice/contract/state-api/page.ts';
import { timestampSchema } from '@sluice/contract/state-api/resource-fields.ts';
import { Type } from 'typebox';
import { documentedAnswers, jsonAnswer } from '../documented-answers.ts';
import { pageAnswer, pageRequestOf } from '../page-answer.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { auditEntryBody } from '../resource-bodies.ts';
import type { StateApiParts } from '../state-api-deps.ts';

const listQuery = Type.Object(
  {
    ...pageQueryFields,
    actor: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Only changes by this key.' })),
    kind: Type.Optional(Type.Enum(auditedKinds, { type: 'string', description: 'Only changes of these resources.' })),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Only changes of this name or id.' })),
    requestId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Only changes by this request.' }),
    ),
    since: Type.Optional(timestampSchema('From this moment on.')),
    until: Type.Optional(timestampSchema('Before this moment.')),
  },
  { additionalProperties: false },
);

export function registerAuditRoutes(app: StateApp, { store }: StateApiParts): void {
  app.get(
    '/v1/audit',
    {
      config: scoped('audit', 'read'),
      schema: {
        operationId: 'listAuditEntries',
        summary: 'Lists changes, the newest first',
        tags: ['audit'],
        querystring: listQuery,
        response: documentedAnswers(
          { 200: jsonAnswer(pageSchema(auditEntryResourceSchema), 'A page of changes.', ['Link']) },
          [],
        ),
      },
    },
    async (request, reply) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      const page = pageRequestOf(request, request.query);
      return pageAnswer({ request, reply }, await store.read((unit) => unit.audit.list(filter, page)), auditEntryBody);
    },
  );
}
