/** The two patches that need no schema: JSON merge patch (RFC 7386) and JSON patch (RFC 6902). Pure. */
import { isDeepStrictEqual } from 'node:util';
import { badRequest, invalid } from './api-failure.ts';
import { isJsonObject, type JsonObject, stringAt, without, withFields } from './json-object.ts';

/** RFC 7386: null takes a field away, lists are replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const base = isJsonObject(target) ? target : {};
  const changes = Object.entries(patch).map(
    ([field, value]) => [field, value === null ? undefined : mergePatch(base[field], value)] as const,
  );
  return withFields(base, Object.fromEntries(changes));
}

function segmentsOfPointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function readAt(value: unknown, [segment, ...rest]: readonly string[]): unknown {
  if (segment === undefined) return value;
  if (Array.isArray(value)) return readAt(value[Number(segment)], rest);
  return isJsonObject(value) ? readAt(value[segment], rest) : undefined;
}

/** `value` with the one at `segments` replaced by what `change` makes of its container. */
function changeAt(
  value: unknown,
  segments: readonly string[],
  change: (container: unknown, last: string) => unknown,
): unknown {
  const [segment = '', ...rest] = segments;
  if (rest.length === 0) return change(value, segment);
  if (Array.isArray(value)) return value.with(Number(segment), changeAt(value[Number(segment)], rest, change));
  if (isJsonObject(value) && segment in value) return { ...value, [segment]: changeAt(value[segment], rest, change) };
  throw failedOperation(`no container at ${segments.join('/')}`);
}

function failedOperation(why: string): Error {
  const message = `the server rejected our request due to an error in our request: ${why}`;
  return invalid(message, { message: why });
}

function add(value: unknown): (container: unknown, last: string) => unknown {
  return (container, last) => {
    if (Array.isArray(container))
      return (container as unknown[]).toSpliced(last === '-' ? container.length : Number(last), 0, value);
    return { ...(isJsonObject(container) ? container : {}), [last]: value };
  };
}

function remove(container: unknown, last: string): unknown {
  if (Array.isArray(container) && Number(last) < container.length) {
    return (container as unknown[]).toSpliced(Number(last), 1);
  }
  if (isJsonObject(container) && last in container) return without(container, last);
  throw failedOperation(`nothing to remove at ${last}`);
}

/** RFC 6902 wants something to be there; the real one does so in lists only. */
function replace(value: unknown): (container: unknown, last: string) => unknown {
  return (container, last) => {
    if (!Array.isArray(container)) return add(value)(container, last);
    return add(value)(remove(container, last), last);
  };
}

function applyOperation(object: unknown, operation: JsonObject): unknown {
  const segments = segmentsOfPointer(stringAt(operation, 'path') ?? '');
  switch (operation['op']) {
    case 'test':
      if (!isDeepStrictEqual(readAt(object, segments), operation['value']))
        throw failedOperation(`testing value ${segments.join('/')} failed`);
      return object;
    case 'add':
      return changeAt(object, segments, add(operation['value']));
    case 'remove':
      return changeAt(object, segments, remove);
    case 'replace':
      return changeAt(object, segments, replace(operation['value']));
    default:
      throw badRequest(`unsupported operation ${JSON.stringify(operation['op'])} in a JSON patch`);
  }
}

/** RFC 6902, without move and copy. */
export function jsonPatch(object: JsonObject, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations');
  return operations.filter(isJsonObject).reduce<unknown>(applyOperation, object);
}
