/** The tag of what has no version of its own, made of what it consists of. Pure. */
import { createHash } from 'node:crypto';

export function contentTag(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
