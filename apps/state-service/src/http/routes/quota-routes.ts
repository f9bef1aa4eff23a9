/**
 * /v1/quotas: the limits of users and groups as resources of their own, so that a key may set limits and nothing else. The same
 * data as `quota` of the user or group, and the same version.
 */
import { groupNameSchema, userNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import { quotaSchema } from '@sluice/contract/user.ts';
import { type TString, Type } from 'typebox';
import { NotFoundError } from '../../domain/state-error.ts';
import type { ReadUnit, WriteUnit } from '../../domain/state-store.ts';
import type { Quota } from '../../domain/user.ts';
import { writeContextOf } from '../caller.ts';
import { expectedVersion } from '../conditional-change.ts';
import { documentedAnswers, emptyAnswer, jsonAnswer, problemsOfChange } from '../documented-answers.ts';
import { entityTag, readIfMatch } from '../entity-tag.ts';
import { ProblemError } from '../problem-error.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { ifMatchHeader, ifNoneMatchHeader } from '../request-headers.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendUnlessHeld, sendVersioned } from '../versioned-answer.ts';

interface QuotaHolder {
  readonly quota: Quota | null;
  readonly version: number;
}

interface HolderKind {
  readonly kind: 'User' | 'Group';
  readonly path: string;
  readonly nameSchema: TString;
  find(unit: ReadUnit, name: string): Promise<QuotaHolder | null>;
  update(unit: WriteUnit, change: QuotaChange): Promise<QuotaHolder>;
}

interface QuotaChange {
  readonly name: string;
  readonly quota: Quota | null;
  readonly version: number | null;
}

const holderKinds: readonly HolderKind[] = [
  {
    kind: 'User',
    path: '/v1/quotas/users/:name',
    nameSchema: userNameSchema,
    find: (unit, name) => unit.users.find(name),
    update: (unit, { name, quota, version }) => unit.users.update(name, { quota }, version),
  },
  {
    kind: 'Group',
    path: '/v1/quotas/groups/:name',
    nameSchema: groupNameSchema,
    find: (unit, name) => unit.groups.find(name),
    update: (unit, { name, quota, version }) => unit.groups.update(name, { quota }, version),
  },
];

const tags = ['quotas'];
const quotaAnswer = jsonAnswer(quotaSchema, 'The quota.', ['ETag']);

export function registerQuotaRoutes(app: StateApp, parts: StateApiParts): void {
  for (const holder of holderKinds) {
    readQuota(app, parts, holder);
    replaceQuota(app, parts, holder);
    deleteQuota(app, parts, holder);
  }
}

function readQuota(app: StateApp, { store }: StateApiParts, holder: HolderKind): void {
  const { kind, path, nameSchema } = holder;
  app.get(
    path,
    {
      config: scoped('quotas', 'read'),
      schema: {
        operationId: `get${kind}Quota`,
        summary: `Reads the quota of a ${kind.toLowerCase()}`,
        tags,
        params: Type.Object({ name: nameSchema }),
        headers: ifNoneMatchHeader,
        response: documentedAnswers({ 200: quotaAnswer, 304: emptyAnswer('The client has it.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const found = await store.read((unit) => holder.find(unit, name));
      if (found === null) throw new NotFoundError(kind, name);
      if (found.quota === null) {
        throw new ProblemError('not-found', { detail: `${kind} ${JSON.stringify(name)} has no quota of its own` });
      }
      return sendUnlessHeld({ request, reply }, found, found.quota);
    },
  );
}

function replaceQuota(app: StateApp, { store }: StateApiParts, holder: HolderKind): void {
  const { kind, path, nameSchema } = holder;
  app.put(
    path,
    {
      config: scoped('quotas', 'write'),
      schema: {
        operationId: `put${kind}Quota`,
        summary: `Sets the quota of a ${kind.toLowerCase()}`,
        description: `If-Match names the version of the ${kind.toLowerCase()}.`,
        tags,
        params: Type.Object({ name: nameSchema }),
        headers: ifMatchHeader,
        body: quotaSchema,
        response: documentedAnswers({ 200: quotaAnswer }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { connections } = request.body;
      const condition = readIfMatch(request.headers['if-match']);
      const changed = await store.write(writeContextOf(request), async (unit) => {
        const version = await expectedVersion(condition, () => holder.find(unit, name));
        return await holder.update(unit, { name, quota: { connections }, version });
      });
      return sendVersioned(reply, changed, { connections });
    },
  );
}

function deleteQuota(app: StateApp, { store }: StateApiParts, holder: HolderKind): void {
  const { kind, path, nameSchema } = holder;
  app.delete(
    path,
    {
      config: scoped('quotas', 'write'),
      schema: {
        operationId: `delete${kind}Quota`,
        summary: `Removes the quota of a ${kind.toLowerCase()}`,
        tags,
        params: Type.Object({ name: nameSchema }),
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('There is none any more.', ['ETag']) }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      const changed = await store.write(writeContextOf(request), async (unit) => {
        const version = await expectedVersion(condition, () => holder.find(unit, name));
        return await holder.update(unit, { name, quota: null, version });
      });
      return reply.code(204).header('etag', entityTag(changed.version)).send();
    },
  );
}
