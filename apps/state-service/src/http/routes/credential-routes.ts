/** /v1/users/{name}/credentials: what a user logs in with. Goes in as a password or a verifier, and never comes out. */
import {
  credentialCreationSchema,
  credentialListReplacementSchema,
  credentialListSchema,
  credentialResourceSchema,
} from '@sluice/contract/state-api/credential-resource.ts';
import { idSchema, userNameSchema } from '@sluice/contract/state-api/resource-fields.ts';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { contentTag } from '../../domain/content-tag.ts';
import type { Credential } from '../../domain/credential.ts';
import { NotFoundError } from '../../domain/state-error.ts';
import { writeContextOf } from '../caller.ts';
import { demandTag, expectedVersion } from '../conditional-change.ts';
import { credentialInputOf, credentialInputsOf } from '../credential-inputs.ts';
import {
  documentedAnswers,
  emptyAnswer,
  jsonAnswer,
  problemsOfChange,
  problemsOfCreation,
} from '../documented-answers.ts';
import { entityTag, readIfMatch } from '../entity-tag.ts';
import { sendCreation } from '../repeatable-creation.ts';
import { scoped, type StateApp } from '../request-context.ts';
import { idempotencyKeyHeader, ifMatchHeader } from '../request-headers.ts';
import { credentialBody } from '../resource-bodies.ts';
import type { StateApiParts } from '../state-api-deps.ts';
import { sendVersioned } from '../versioned-answer.ts';

const tags = ['credentials'];
const path = '/v1/users/:name/credentials';
const params = Type.Object({ name: userNameSchema });
const oneParams = Type.Object({ name: userNameSchema, id: idSchema });

export function registerCredentialRoutes(app: StateApp, parts: StateApiParts): void {
  listCredentials(app, parts);
  createCredential(app, parts);
  replaceCredentials(app, parts);
  readCredential(app, parts);
  deleteCredential(app, parts);
}

/** Credentials are never changed, only added and withdrawn: their ids say which list it is. */
function tagOf(credentials: readonly Credential[]): string {
  return contentTag(credentials.map(({ id }) => id));
}

function sendCredentials(reply: FastifyReply, credentials: readonly Credential[]): FastifyReply {
  return reply.header('etag', `"${tagOf(credentials)}"`).send({ items: credentials.map(credentialBody) });
}

function listCredentials(app: StateApp, { store }: StateApiParts): void {
  app.get(
    path,
    {
      config: scoped('credentials', 'read'),
      schema: {
        operationId: 'listCredentials',
        summary: 'Lists the credentials of a user, without what they check',
        tags,
        params,
        response: documentedAnswers({ 200: jsonAnswer(credentialListSchema, 'The credentials.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const credentials = await store.read((unit) => unit.credentials.list(name));
      if (credentials === null) throw new NotFoundError('User', name);
      return sendCredentials(reply, credentials);
    },
  );
}

function createCredential(app: StateApp, { store, passwordHasher: hasher }: StateApiParts): void {
  app.post(
    path,
    {
      config: scoped('credentials', 'write'),
      schema: {
        operationId: 'createCredential',
        summary: 'Adds a credential, beside those there are',
        tags,
        params,
        headers: idempotencyKeyHeader,
        body: credentialCreationSchema,
        response: documentedAnswers(
          { 201: jsonAnswer(credentialResourceSchema, 'The new credential.', ['ETag', 'Location']) },
          [...problemsOfCreation, 'not-found'],
        ),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const input = await credentialInputOf(request.body, { hasher, pointer: '' });
      return await sendCreation(store, { request, reply }, async (unit) => {
        const credential = await unit.credentials.create(name, input);
        const location = `/v1/users/${encodeURIComponent(name)}/credentials/${credential.id}`;
        return {
          status: 201,
          headers: { etag: entityTag(credential.version), location },
          body: credentialBody(credential),
        };
      });
    },
  );
}

function replaceCredentials(app: StateApp, { store, passwordHasher: hasher }: StateApiParts): void {
  app.put(
    path,
    {
      config: scoped('credentials', 'write'),
      schema: {
        operationId: 'replaceCredentials',
        summary: 'Sets a password anew: these credentials instead of all there were',
        tags,
        params,
        headers: ifMatchHeader,
        body: credentialListReplacementSchema,
        response: documentedAnswers(
          { 200: jsonAnswer(credentialListSchema, 'The credentials.', ['ETag']) },
          problemsOfChange,
        ),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      const inputs = await credentialInputsOf(request.body.credentials, hasher);
      const credentials = await store.write(writeContextOf(request), async (unit) => {
        const current = await unit.credentials.list(name);
        if (current === null) throw new NotFoundError('User', name);
        demandTag(condition, tagOf(current));
        return await unit.credentials.replaceAll(name, inputs);
      });
      return sendCredentials(reply, credentials);
    },
  );
}

function readCredential(app: StateApp, { store }: StateApiParts): void {
  app.get(
    `${path}/:id`,
    {
      config: scoped('credentials', 'read'),
      schema: {
        operationId: 'getCredential',
        summary: 'Reads a credential, without what it checks',
        tags,
        params: oneParams,
        response: documentedAnswers({ 200: jsonAnswer(credentialResourceSchema, 'The credential.', ['ETag']) }, [
          'not-found',
        ]),
      },
    },
    async (request, reply) => {
      const { name, id } = request.params;
      const credential = await store.read((unit) => unit.credentials.find(name, id));
      if (credential === null) throw new NotFoundError('Credential', id);
      return sendVersioned(reply, credential, credentialBody(credential));
    },
  );
}

function deleteCredential(app: StateApp, { store }: StateApiParts): void {
  app.delete(
    `${path}/:id`,
    {
      config: scoped('credentials', 'write'),
      schema: {
        operationId: 'deleteCredential',
        summary: 'Withdraws a credential',
        tags,
        params: oneParams,
        headers: ifMatchHeader,
        response: documentedAnswers({ 204: emptyAnswer('It is gone.') }, problemsOfChange),
      },
    },
    async (request, reply) => {
      const { name, id } = request.params;
      const condition = readIfMatch(request.headers['if-match']);
      await store.write(writeContextOf(request), async ({ credentials }) =>
        credentials.delete(name, id, await expectedVersion(condition, () => credentials.find(name, id))),
      );
      return reply.code(204).send();
    },
  );
}
