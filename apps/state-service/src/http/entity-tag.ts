/**
 * Entity tags (RFC 9110 sections 8.8.3 and 13.1): the version of a row as a strong tag, and what a client says about the
 * version it holds. Pure.
 */
import { ProblemError } from './problem-error.ts';

/** `*`, or the tags of which one must be the present one, and the versions that those tags are. */
export type VersionCondition =
  | { readonly kind: 'Any' }
  | {
      readonly kind: 'OneOf';
      readonly tags: readonly string[];
      readonly versions: readonly number[];
    };

const maxTags = 16;
const listPattern = /^\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*$/;
const tagPattern = /(?<weak>W\/)?"(?<tag>[^"]*)"/g;
const versionPattern = /^[1-9][0-9]{0,15}$/;

/** `"17"` */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** What If-Match demands; a problem when it is absent (428) or unreadable (400). */
export function readIfMatch(header: string | undefined): VersionCondition {
  if (header === undefined) {
    throw new ProblemError('precondition-required', {
      detail:
        'The request has no If-Match header: read the resource and send the ETag of that answer, or * for any version',
    });
  }
  // Weak tags never match here: If-Match compares strongly (RFC 9110 section 13.1.1).
  return readTags('If-Match', header, (isWeak) => !isWeak);
}

/** Whether the client has this version already (If-None-Match compares weakly). */
export function isHeldByClient(header: string | undefined, version: number): boolean {
  return (
    header !== undefined &&
    isMet(
      readTags('If-None-Match', header, () => true),
      version,
    )
  );
}

/** Whether `version` is one the condition allows. */
export function isMet(condition: VersionCondition, version: number): boolean {
  return condition.kind === 'Any' || condition.versions.includes(version);
}

/** As `isMet`, for the tag of what has no version of its own. */
export function isMetByTag(condition: VersionCondition, tag: string): boolean {
  return condition.kind === 'Any' || condition.tags.includes(tag);
}

/** As `isHeldByClient`, for the tag of what has no version of its own. */
export function isTagHeldByClient(header: string | undefined, tag: string): boolean {
  return (
    header !== undefined &&
    isMetByTag(
      readTags('If-None-Match', header, () => true),
      tag,
    )
  );
}

/**
 * What a change demands of what is there: If-Match names it, `If-None-Match: *` demands that there is nothing. A problem when both
 * or none is given.
 */
export function readCreationOrChange(
  headers: Readonly<{ 'if-match'?: string | undefined; 'if-none-match'?: string | undefined }>,
): VersionCondition | 'Nothing' {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch === undefined) return readIfMatch(match);
  if (match === undefined && noneMatch.trim() === '*') return 'Nothing';
  throw new ProblemError('malformed-request', {
    detail:
      'The request has If-None-Match with another value than *, or beside If-Match: send one of If-Match and If-None-Match: *',
  });
}

function readTags(name: string, header: string, isCounted: (isWeak: boolean) => boolean): VersionCondition {
  if (header.trim() === '*') return { kind: 'Any' };
  const tags = listPattern.test(header) ? [...header.matchAll(tagPattern)] : [];
  if (tags.length === 0 || tags.length > maxTags) {
    throw new ProblemError('malformed-request', {
      detail: `The ${name} header is not * or a list of at most ${maxTags} entity tags in double quotes`,
    });
  }
  const counted = tags
    .filter(({ groups }) => isCounted(groups?.['weak'] !== undefined))
    .map(({ groups }) => groups?.['tag'] ?? '');
  const versions = counted.filter((tag) => versionPattern.test(tag)).map((tag) => Number(tag));
  return { kind: 'OneOf', tags: counted, versions };
}
