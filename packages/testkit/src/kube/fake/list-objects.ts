/** Lists, whole or page by page. A continue token names the revision of the first page, so that pages fit together. Pure. */
import { ApiFailure, badRequest } from './api-failure.ts';
import type { FakeRequest } from './fake-request.ts';
import { apiVersionOf, qualifiedName } from './fake-resource.ts';
import { type JsonObject, without } from './json-object.ts';
import type { ObjectLog } from './object-log.ts';
import { readFieldSelector, readLabelSelector, type Selector } from './select-objects.ts';

interface ContinueToken {
  readonly revision: number;
  /** The last key of the page before. */
  readonly after: string;
}

function writeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<ContinueToken>;
    if (typeof token.revision === 'number' && typeof token.after === 'string')
      return { revision: token.revision, after: token.after };
  } catch {
    // said below
  }
  throw badRequest('continue key is not valid');
}

/** What the query selects, namespace included. */
export function selectorOf({ query, resource, namespace }: FakeRequest): (key: string, object: JsonObject) => boolean {
  const isInNamespace = namespace === '' ? () => true : (key: string) => key.startsWith(`${namespace}/`);
  const selectors: readonly Selector[] = [
    readLabelSelector(query.get('labelSelector') ?? ''),
    readFieldSelector(query.get('fieldSelector') ?? '', resource),
  ];
  return (key, object) => isInNamespace(key) && selectors.every((isMet) => isMet(object));
}

function refuseFuture(query: URLSearchParams, current: number): void {
  const wanted = Number(query.get('resourceVersion') ?? '0');
  if (Number.isNaN(wanted)) throw badRequest(`invalid resource version "${query.get('resourceVersion')}"`);
  if (wanted <= current) return;
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  throw new ApiFailure(message, {
    status: 504,
    reason: 'Timeout',
    causes: [{ reason: 'ResourceVersionTooLarge', message }],
  });
}

/** `asOf`: a revision to lie with; else what there is now, or what the continue token goes on with. */
export function listObjects(log: ObjectLog, request: FakeRequest, asOf?: number): JsonObject {
  const { query, resource } = request;
  refuseFuture(query, log.revision);
  const isSelected = selectorOf(request);
  const continued = query.get('continue') ?? '';
  const token = continued === '' ? { revision: asOf ?? log.revision, after: '' } : readToken(continued);
  const selected = log
    .list(qualifiedName(resource), token.revision)
    .filter(([key, object]) => key > token.after && isSelected(key, object));
  const limit = Number(query.get('limit') ?? '0');
  const page = limit > 0 ? selected.slice(0, limit) : selected;
  const last = page.at(-1);
  const isMore = page.length < selected.length && last !== undefined;
  const rest = isMore
    ? {
        continue: writeToken({ revision: token.revision, after: last[0] }),
        remainingItemCount: selected.length - page.length,
      }
    : {};
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(token.revision), ...rest },
    items: page.map(([, object]) => (resource.isCustom ? object : without(object, 'apiVersion', 'kind'))),
  };
}
