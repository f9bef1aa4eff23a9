/**
 * All objects of a collection, page by page. A page that expired on the way (410) begins the list anew, then without pages; a
 * page too large for the bound is asked for again in smaller ones.
 */
import type { KubeClient, ObjectPage, Selection } from '../port/kube-client.ts';
import { isExpired, KubeTransportError } from '../port/kube-error.ts';
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export interface WholeList<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListAllOptions extends Selection {
  readonly signal: AbortSignal;
  readonly pageSize: number;
  readonly deadlineMs: number;
  /** A page has come: the server is alive. */
  readonly onPage: () => void;
}

/** Changes of the page size in one list, at most; 500 objects come down to one in nine halvings. */
const maxAttempts = 12;

export async function listAll<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  resource: Resource<T>,
  options: ListAllOptions,
): Promise<WholeList<T>> {
  let pageSize: number | null = options.pageSize;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listPages(client, resource, { ...options, pageSize });
    } catch (error) {
      const next: PageSize | undefined = attempt < maxAttempts ? smaller(error, pageSize) : undefined;
      if (next === undefined) throw error;
      pageSize = next;
    }
  }
}

/** null: everything in one answer. */
type PageSize = number | null;

function smaller(error: unknown, pageSize: PageSize): PageSize | undefined {
  if (isExpired(error)) return pageSize === null ? undefined : null;
  const isTooLarge = error instanceof KubeTransportError && error.failure === 'BodyTooLarge';
  return isTooLarge && pageSize !== null && pageSize > 1 ? Math.floor(pageSize / 2) : undefined;
}

async function listPages<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  resource: Resource<T>,
  options: Omit<ListAllOptions, 'pageSize'> & { readonly pageSize: PageSize },
): Promise<WholeList<T>> {
  const { pageSize, onPage, ...call } = options;
  const items: T[] = [];
  for (let continueToken: string | null = null; ; ) {
    const page: ObjectPage<T> = await client.list(resource, {
      ...call,
      ...(pageSize === null ? {} : { limit: pageSize }),
      ...(continueToken === null ? {} : { continueToken }),
    });
    onPage();
    // Not as arguments of one call: there may be more of them than the stack holds.
    for (const item of page.items) items.push(item);
    if (page.continueToken === null) return { items, resourceVersion: page.resourceVersion };
    continueToken = page.continueToken;
  }
}
