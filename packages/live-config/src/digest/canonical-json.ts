/**
 * One text for one JSON value, whoever writes it and in whatever order its keys were: keys sorted by UTF-16 code units, no
 * spaces, numbers as JSON.stringify has them (RFC 8785, which says the same). Control characters are always escaped, so the
 * text never holds a line end or a tab. Invariant: of what JSON.parse can give, only nesting beyond `maxDepth` has no text.
 */

/** Specs are a few levels deep; a message of a megabyte of brackets must not overflow the stack. */
const maxDepth = 64;

/** The value is nested too deep, or is none that JSON has. */
export class CanonicalJsonError extends Error {
  readonly code = 'SLUICE_CANONICAL_JSON';
  override readonly name = 'CanonicalJsonError';
}

export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new CanonicalJsonError(`a ${typeof value} is no JSON value (leave it out)`);
  if (depth >= maxDepth) throw new CanonicalJsonError(`the value is nested more than ${maxDepth} levels deep`);
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  for (const [index, item] of items.entries()) text += (index === 0 ? '' : ',') + write(item ?? null, depth + 1);
  return `${text}]`;
}

function writeObject(object: object, depth: number): string {
  const fields = object as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(fields).toSorted()) {
    const value = fields[key];
    if (value === undefined) continue;
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${write(value, depth + 1)}`;
  }
  return `${text}}`;
}
