/** What a request asks for, read from its method, path and query. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, badRequest } from './api-failure.ts';
import { apiVersionOf, type FakeResource } from './fake-resource.ts';

export type FakeVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

/** As the audit log of a real server would say it; faults are matched against it. */
export interface FakeRequest {
  readonly verb: FakeVerb;
  readonly resource: FakeResource;
  /** Empty: all namespaces, or a kind of cluster scope. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Empty, or `status`. */
  readonly subresource: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** The query's, or what the user agent starts with. */
  readonly fieldManager: string;
  readonly body: unknown;
}

export interface RawRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const applyContentType = 'application/apply-patch+yaml';

interface ReadPath {
  readonly resource: FakeResource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** null: no path of an object or a collection. */
function readPath(path: string, resources: readonly FakeResource[]): ReadPath | null {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const [root, ...behindRoot] = segments;
  const isCore = root === 'api';
  const [group, version] = isCore ? ['', behindRoot[0]] : behindRoot;
  const rest = behindRoot.slice(isCore ? 1 : 2);
  const find = (plural: string | undefined): FakeResource | undefined =>
    resources.find(
      (each) => each.plural === plural && apiVersionOf(each) === (isCore ? version : `${group}/${version}`),
    );
  const inNamespace = rest[0] === 'namespaces' ? find(rest[2]) : undefined;
  if (inNamespace?.namespaced === true) {
    return { resource: inNamespace, namespace: rest[1] ?? '', name: rest[3] ?? '', subresource: rest[4] ?? '' };
  }
  const resource = find(rest[0]);
  if (resource === undefined) return null;
  return { resource, namespace: '', name: rest[1] ?? '', subresource: rest[2] ?? '' };
}

const verbsOfObject: Readonly<Record<string, FakeVerb>> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const verbsOfCollection: Readonly<Record<string, FakeVerb>> = { GET: 'list', POST: 'create' };

function verbOf(method: string, { name }: ReadPath, isWatch: boolean, contentType: string): FakeVerb {
  const verb = (name === '' ? verbsOfCollection : verbsOfObject)[method];
  if (verb === 'list' && isWatch) return 'watch';
  if (verb === 'patch' && contentType === applyContentType) return 'apply';
  if (verb !== undefined) return verb;
  const message = 'the server does not allow this method on the requested resource';
  throw new ApiFailure(message, { status: 405, reason: 'MethodNotAllowed' });
}

function readBody(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw badRequest('the body of the request is no JSON: the fake reads no other YAML');
  }
}

/** null: the path is not that of a kind which is served. Throws an ApiFailure for what cannot be meant. */
export function readRequest(raw: RawRequest, resources: readonly FakeResource[]): FakeRequest | null {
  const path = readPath(raw.url.pathname, resources);
  if (path === null) return null;
  if (path.subresource !== '' && !(path.subresource === 'status' && path.resource.hasStatus)) return null;
  const query = raw.url.searchParams;
  const contentType = (raw.headers['content-type'] ?? '').split(';')[0] ?? '';
  const isWatch = query.get('watch') === 'true' || query.get('watch') === '1';
  return {
    ...path,
    verb: verbOf(raw.method, path, isWatch, contentType),
    query,
    contentType,
    fieldManager: query.get('fieldManager') ?? (raw.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown',
    body: readBody(raw.body),
  };
}
