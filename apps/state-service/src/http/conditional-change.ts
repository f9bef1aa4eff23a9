/** Optimistic locking: what the version condition of a request means to the store, judged inside the change's transaction. */
import { entityTag, isMet, isMetByTag, type VersionCondition } from './entity-tag.ts';
import { ProblemError } from './problem-error.ts';

interface Versioned {
  readonly version: number;
}

/**
 * The version the store shall expect; null for any. `find` gives the resource as it is now and is asked only where one
 * number cannot say it.
 */
export async function expectedVersion(
  condition: VersionCondition,
  find: () => Promise<Versioned | null>,
): Promise<number | null> {
  if (condition.kind === 'Any') return null;
  const [only, ...others] = condition.versions;
  if (only !== undefined && others.length === 0) return only;
  const current = await find();
  // What is not there is the store's to report.
  if (current === null) return null;
  demand(condition, current);
  return current.version;
}

function demand(condition: VersionCondition, { version }: Versioned): void {
  if (!isMet(condition, version)) throw outdated(entityTag(version));
}

/** Throws unless what is there, null for nothing, is what the condition demands. NotFoundError is the caller's. */
export function demandState(condition: VersionCondition | 'Nothing', current: { readonly tag: string } | null): void {
  if (condition !== 'Nothing') {
    if (current !== null) demandTag(condition, current.tag);
  } else if (current !== null) {
    throw new ProblemError('precondition-failed', {
      detail: 'There is such a resource already: read it, and send its ETag as If-Match',
      headers: { etag: `"${current.tag}"` },
    });
  }
}

/** Throws unless the condition allows what has this tag. */
export function demandTag(condition: VersionCondition, tag: string): void {
  if (!isMetByTag(condition, tag)) throw outdated(`"${tag}"`);
}

function outdated(etag: string): ProblemError {
  return new ProblemError('precondition-failed', {
    detail: 'The resource has another version than If-Match names: read it again and repeat the change',
    headers: { etag },
  });
}
