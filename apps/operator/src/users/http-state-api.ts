/**
 * The state service over HTTP: addresses, the key, conditions, pages. Answers are read by the contract's schemas and fields that are not
 * known here are tolerated, so that the service may be the newer one. The key is in no message.
 */
import { type Problem, type ProblemKind, problemSchema, problemType } from '@sluice/contract/state-api/problem.ts';
import { maxPageSize } from '@sluice/contract/state-api/page.ts';
import { type RolloutResource, rolloutPageSchema } from '@sluice/contract/state-api/rollout-resource.ts';
import { userSpecResourceSchema } from '@sluice/contract/state-api/user-spec-resource.ts';
import type { Static, TSchema } from 'typebox';
import { Check, Clean } from 'typebox/value';
import { createJsonExchange, type JsonAnswer, type JsonExchangeConfig, type JsonRequest } from './json-exchange.ts';
import {
  type StateApi,
  StateConflictError,
  StateRefusedError,
  StateUnavailableError,
  type StoredUser,
} from './state-api.ts';

export interface HttpStateApiConfig extends JsonExchangeConfig {
  /** Read for each request: a key that was changed in its file counts at once. */
  readonly readKey: () => Promise<string>;
}

/** Of one list: two million users in pages of 500. */
const maxPages = 4_000;
const conflicts: ReadonlySet<string> = typesOf(['precondition-failed', 'idempotency-in-flight']);
const passing: ReadonlySet<string> = typesOf([
  'unauthenticated',
  'forbidden',
  'request-timeout',
  'rate-limited',
  'internal',
  'overloaded',
  'database-unavailable',
  'outcome-unknown',
]);

function typesOf(kinds: readonly ProblemKind[]): ReadonlySet<string> {
  return new Set(kinds.map(problemType));
}

export function createHttpStateApi(config: HttpStateApiConfig): StateApi {
  const exchange = createJsonExchange(config);

  const ask = async (request: Omit<JsonRequest, 'key'>): Promise<JsonAnswer> => {
    const key = await readKey(config);
    const answer = await exchange.send({ ...request, key }).catch((error: unknown) => {
      request.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new StateUnavailableError(`the state service cannot be reached: ${reason}`, { cause: error });
    });
    return answer;
  };

  const change = async (request: Omit<JsonRequest, 'key'>): Promise<void> => {
    const answer = await ask(request);
    if (answer.status < 300 || answer.status === 404) return;
    throw refusalOf(answer);
  };

  return {
    async read(name, signal) {
      const answer = await ask({ method: 'GET', path: specPath(name), signal });
      if (answer.status === 404) return null;
      return storedUser(answer);
    },
    async put(name, body, tag, signal) {
      const condition = tag === null ? { 'if-none-match': '*' } : { 'if-match': `"${tag}"` };
      const answer = await ask({ method: 'PUT', path: specPath(name), body, headers: condition, signal });
      // It was there when it was read.
      if (answer.status === 404) throw new StateConflictError(`the user ${name} is gone`);
      if (isNameTaken(answer, tag)) throw new StateConflictError(`the user ${name} was created meanwhile`);
      return storedUser(answer);
    },
    async release(name, version, signal) {
      const headers = { 'if-match': `"${version}"` };
      await change({ method: 'PATCH', path: userPath(name), body: { managedBy: null }, headers, signal });
    },
    async remove(name, version, signal) {
      await change({ method: 'DELETE', path: userPath(name), headers: { 'if-match': `"${version}"` }, signal });
    },
    async rollouts({ managedByPrefix, sinceGeneration }, signal) {
      const items: RolloutResource[] = [];
      let page: Static<typeof rolloutPageSchema> | null = null;
      for (let number = 0; page === null || page.next !== undefined; number += 1) {
        // Half a list would say of the others that they are gone.
        if (number === maxPages) {
          throw new StateUnavailableError(`the state service lists more than ${maxPages * maxPageSize} users`);
        }
        const query = new URLSearchParams({ managedByPrefix, limit: String(maxPageSize) });
        if (sinceGeneration > 0) query.set('sinceGeneration', String(sinceGeneration));
        if (page?.next !== undefined) query.set('cursor', page.next);
        const answer = await ask({ method: 'GET', path: `/v1/rollouts?${query.toString()}`, signal });
        page = resourceOf(answer, rolloutPageSchema);
        items.push(...page.items);
      }
      return { items, proxies: page.proxies, isSettled: page.isSettled };
    },
    close: () => exchange.close(),
  };
}

async function readKey({ readKey: read }: HttpStateApiConfig): Promise<string> {
  try {
    return (await read()).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateUnavailableError(`the API key of the state service cannot be read: ${reason}`, { cause: error });
  }
}

function userPath(name: string): string {
  return `/v1/users/${encodeURIComponent(name)}`;
}

function specPath(name: string): string {
  return `${userPath(name)}/spec`;
}

function storedUser(answer: JsonAnswer): StoredUser {
  return { user: resourceOf(answer, userSpecResourceSchema), tag: answer.etag.replaceAll('"', '') };
}

function resourceOf<Schema extends TSchema>(answer: JsonAnswer, schema: Schema): Static<Schema> {
  if (answer.status >= 300) throw refusalOf(answer);
  const resource = Clean(schema, answer.body);
  if (Check(schema, resource)) return resource;
  throw new StateUnavailableError(
    'the state service answered in a form that is not known here: is it another version?',
  );
}

/** Of two that create a user at the same time one is told so. */
function isNameTaken({ status }: JsonAnswer, tag: string | null): boolean {
  return tag === null && status === 409;
}

function refusalOf({ status, body }: JsonAnswer): Error {
  const problem = problemOf(body);
  if (problem === null) {
    return new StateUnavailableError(`the state service answered with status ${status} and no problem document`);
  }
  const message = [problem.detail, ...(problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)].join(
    '; ',
  );
  if (conflicts.has(problem.type)) return new StateConflictError(message);
  if (passing.has(problem.type)) return new StateUnavailableError(`the state service refused for now: ${message}`);
  return new StateRefusedError(message);
}

function problemOf(body: unknown): Problem | null {
  const problem = Clean(problemSchema, body);
  return Check(problemSchema, problem) ? problem : null;
}
