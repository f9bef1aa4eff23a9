/** Optimistic locking: what the version condition of a request means to the store, judged inside the change's transaction. */
import { entityTag, isMet, type VersionCondition } from './entity-tag.ts';
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

/** Throws unless the resource is of a version that the condition allows. */
export function demand(condition: VersionCondition, current: Versioned): void {
  if (isMet(condition, current.version)) return;
  throw new ProblemError('precondition-failed', {
    detail: 'The resource has another version than If-Match names: read it again and repeat the change',
    headers: { etag: entityTag(current.version) },
  });
}
