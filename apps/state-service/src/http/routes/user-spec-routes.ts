/**
 * /v1/users/{name}/spec: a user with its credentials and rules, in one step. For programs that keep users (`managedBy`): they put
 * what they want, see whether others changed it since (`isEdited`), and decide then.
 */
import { userNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import {
  type UserSpecReplacement,
  userSpecReplacementSchema,
  userSpecResourceSchema,
} from '@sluice/contract/state-api/user-spec-resource.ts';
import type { ScopeAction, ScopeResource } from '@sluice/contract/state-api/api-scope.ts';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { NotFoundError } from '../../domain/state-error.ts';
import type { WholeUser, WholeUserInput } from '../../domain/whole-user.ts';
import { writeContextOf } from '../caller.ts';
import { demandState } from '../conditional-change.ts';
import { credentialInputsOf } from '../credential-inputs.ts';
import { documentedAnswers, emptyAnswer, jsonAnswer, problemsOfChange } from '../documented-answers.ts';
import { isTagHeldByClient, readCreationOrChange, type VersionCondition } from '../entity-tag.ts';
import { addressableName } from '../field-rules.ts';
import { type Access, type StateApp } from '../request-context.ts';
import { ifMatchOrNoneHeader, ifNoneMatchHeader } from '../request-headers.ts';
import { wholeUserBody } from '../resource-bodies.ts';
import { aclMatchOf, userInputOf } from '../resource-inputs.ts';
import type { StateApiParts } from '../state-api-deps.ts';

const tags = ['users'];
const path = '/v1/users/:name/spec';
const params = Type.Object({ name: userNameSchema });

export function registerUserSpecRoutes(app: StateApp, parts: StateApiParts): void {
  readUserSpec(app, parts);
  replaceUserSpec(app, parts);
}

/** Of users, credentials and rules at once. */
function ofAll(action: ScopeAction): { readonly access: Access } {
  const resources: readonly ScopeResource[] = ['users', 'credentials', 'acl'];
  return { access: { kind: 'AllOf', needs: resources.map((resource) => [resource, action] as const) } };
}

function sendWhole(reply: FastifyReply, whole: WholeUser): FastifyReply {
  return reply.header('etag', `"${whole.tag}"`).send(wholeUserBody(whole));
}

function readUserSpec(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: ofAll('read'),
      schema: {
        operationId: 'getUserSpec',
        summary: 'Reads a user with its credentials (not what they check) and its own rules',
        tags,
        params,
        headers: ifNoneMatchHeader,
        response: documentedAnswers(
          {
            200: jsonAnswer(userSpecResourceSchema, 'The user.', ['ETag']),
            304: emptyAnswer('The client has it.', ['ETag']),
          },
          ['not-found'],
        ),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const whole = await store.read((unit) => unit.wholeUsers.find(name));
      if (whole === null) throw new NotFoundError('User', name);
      if (!isTagHeldByClient(request.headers['if-none-match'], whole.tag)) return sendWhole(reply, whole);
      return reply.code(304).header('etag', `"${whole.tag}"`).send();
    },
  );
}

function replaceUserSpec(app: StateApp, { store, passwordHasher }: StateApiParts): void {
  app.put(
    path,
    {
      config: ofAll('write'),
      schema: {
        operationId: 'replaceUserSpec',
        summary: 'Creates or replaces a user with its credentials and rules, in one step',
        description:
          'With `If-None-Match: *` it is created, with If-Match replaced. Only what differs is changed: credentials with the same verifier and rules that are the same stay, and a user that is so already keeps its ETag. A password is a new credential each time, unless `managedRevision` is the one that is there and nobody changed the user since.',
        tags,
        params,
        headers: ifMatchOrNoneHeader,
        body: userSpecReplacementSchema,
        response: documentedAnswers(
          {
            200: jsonAnswer(userSpecResourceSchema, 'The user.', ['ETag']),
            201: jsonAnswer(userSpecResourceSchema, 'The new user.', ['ETag', 'Location']),
          },
          problemsOfChange,
        ),
      },
    },
    async (request, reply) => {
      const { body, params: given } = request;
      const name = addressableName(given.name, '/name');
      const condition = readCreationOrChange(request.headers);
      const current = await store.read((unit) => unit.wholeUsers.find(name));
      demandPresence(condition, current, name);
      if (current !== null && isAsPut(current, body)) return sendWhole(reply, current);
      const input: WholeUserInput = {
        user: { name, ...userInputOf(body) },
        managedRevision: body.managedRevision ?? null,
        credentials: await credentialInputsOf(body.credentials ?? [], passwordHasher),
        rules: (body.rules ?? []).map(aclMatchOf),
      };
      const whole = await store.write(writeContextOf(request), (unit) =>
        unit.wholeUsers.put(input, (found) => demandPresence(condition, found, name)),
      );
      if (current !== null) return sendWhole(reply, whole);
      return sendWhole(reply.code(201).header('location', `/v1/users/${encodeURIComponent(name)}`), whole);
    },
  );
}

function demandPresence(condition: VersionCondition | 'Nothing', current: WholeUser | null, name: string): void {
  if (current === null && condition !== 'Nothing') throw new NotFoundError('User', name);
  demandState(condition, current);
}

/** Its keeper put the very same thing last, and nobody changed it since. */
function isAsPut({ user, managedRevision, isEdited }: WholeUser, body: UserSpecReplacement): boolean {
  const isSame =
    managedRevision !== null && managedRevision === body.managedRevision && user.managedBy === body.managedBy;
  return isSame && body.managedBy !== undefined && !isEdited;
}
