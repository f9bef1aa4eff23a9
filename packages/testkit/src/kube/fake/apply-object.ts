/**
 * Server-side apply: merges what one manager applies into the live object, refuses what others own with another value (unless
 * forced), and takes away what the manager applied before and no longer does. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { conflict } from './api-failure.ts';
import { type FieldOwner, isSameOwner, takeFields } from './field-owners.ts';
import {
  describePath,
  type FieldLists,
  type FieldPath,
  keySegment,
  pathOf,
  readFields,
  segmentsOf,
} from './field-paths.ts';
import { isJsonObject, type JsonObject, withFields } from './json-object.ts';

export interface Application {
  readonly live: JsonObject;
  readonly applied: JsonObject;
  readonly owners: readonly FieldOwner[];
  /** Who applies; its fields are not read. */
  readonly applier: FieldOwner;
  readonly isForced: boolean;
  readonly lists: FieldLists;
}

export interface Applied {
  readonly object: JsonObject;
  readonly owners: readonly FieldOwner[];
}

function mergeLists(
  live: readonly unknown[],
  applied: readonly unknown[],
  name: string,
  lists: FieldLists,
): readonly unknown[] {
  const list = lists[name];
  if (list === undefined) return applied;
  const keyOf = (item: unknown): string =>
    list.kind === 'Set' ? JSON.stringify(item) : keySegment(isJsonObject(item) ? item : {}, list.keys);
  const liveByKey = new Map(live.map((item) => [keyOf(item), item]));
  const wanted = new Set(applied.map(keyOf));
  // In the order in which they are applied; what others have stays in front of what followed it.
  const merged: unknown[] = [];
  let next = 0;
  const takeOthers = (isOver: (key: string) => boolean): void => {
    for (; next < live.length; next++) {
      const key = keyOf(live[next]);
      if (isOver(key)) return;
      if (!wanted.has(key)) merged.push(live[next]);
    }
  };
  const done = new Set<string>();
  for (const item of applied) {
    takeOthers((key) => wanted.has(key) && !done.has(key));
    const key = keyOf(item);
    done.add(key);
    merged.push(liveByKey.has(key) ? mergeValues(liveByKey.get(key), item, name, lists) : item);
  }
  takeOthers(() => false);
  return merged;
}

function mergeValues(live: unknown, applied: unknown, name: string, lists: FieldLists): unknown {
  if (Array.isArray(live) && Array.isArray(applied)) return mergeLists(live, applied, name, lists);
  if (!isJsonObject(live) || !isJsonObject(applied)) return applied;
  const changes = Object.entries(applied).map(([field, value]) => {
    const childName = name === '' ? field : `${name}.${field}`;
    return [field, field in live ? mergeValues(live[field], value, childName, lists) : value] as const;
  });
  return { ...live, ...Object.fromEntries(changes) };
}

function matches(item: unknown, segment: string): boolean {
  const content: unknown = JSON.parse(segment.slice(2));
  if (segment.startsWith('v:')) return isDeepStrictEqual(item, content);
  return (
    isJsonObject(item) &&
    isJsonObject(content) &&
    Object.entries(content).every(([key, value]) => isDeepStrictEqual(item[key], value))
  );
}

/** `value` without what is at `segments`; undefined when nothing is left of a value that nobody owns as a whole. */
function removeAt(
  value: unknown,
  segments: readonly string[],
  isOwned: (depth: number) => boolean,
  depth = 0,
): unknown {
  const [segment, ...rest] = segments;
  if (segment === undefined) return undefined;
  if (isJsonObject(value)) {
    const field = segment.slice(2);
    if (!(field in value)) return value;
    const left = withFields(value, { [field]: removeAt(value[field], rest, isOwned, depth + 1) });
    return Object.keys(left).length === 0 && depth > 0 && !isOwned(depth) ? undefined : left;
  }
  if (!Array.isArray(value)) return value;
  const left = value.flatMap((item: unknown) => {
    if (!matches(item, segment)) return [item];
    const kept = removeAt(item, rest, isOwned, depth + 1);
    return kept === undefined ? [] : [kept];
  });
  return left.length === 0 && !isOwned(depth) ? undefined : left;
}

function refuseConflicts(
  fields: ReadonlyMap<FieldPath, unknown>,
  live: ReadonlyMap<FieldPath, unknown>,
  others: readonly FieldOwner[],
): void {
  const found = others.flatMap((owner) =>
    [...fields]
      .filter(([path, value]) => owner.fields.has(path) && !isDeepStrictEqual(live.get(path), value))
      .map(([path]) => ({ owner, path })),
  );
  if (found.length === 0) return;
  const describe = ({ owner }: { readonly owner: FieldOwner }): string => {
    const subresource = owner.subresource === undefined ? '' : ` with subresource "${owner.subresource}"`;
    return `conflict with "${owner.manager}"${subresource} using ${owner.apiVersion}`;
  };
  const causes = found.map((each) => ({
    reason: 'FieldManagerConflict',
    message: describe(each),
    field: describePath(each.path),
  }));
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
  throw conflict(`Apply failed with ${found.length} conflict${found.length === 1 ? '' : 's'}: ${list}`, causes);
}

function isItem(segments: readonly string[]): boolean {
  return segments.at(-1)?.startsWith('f:') !== true;
}

export function applyObject({ live, applied, owners, applier, isForced, lists }: Application): Applied {
  const fields = readFields(applied, lists);
  const paths = new Set(fields.keys());
  const own = owners.find((owner) => isSameOwner(owner, applier));
  const others = owners.filter((owner) => owner !== own);
  const liveFields = readFields(live, lists);
  if (!isForced) refuseConflicts(fields, liveFields, others);
  const overruled = new Set(
    [...fields].filter(([path, value]) => !isDeepStrictEqual(liveFields.get(path), value)).map(([path]) => path),
  );
  const left = takeFields(others, overruled);

  const ownedByOthers = left.reduce((all, owner) => all.union(owner.fields), new Set<FieldPath>());
  const dropped = (own?.fields ?? new Set<FieldPath>()).difference(paths).difference(ownedByOthers);
  const kept = paths.union(ownedByOthers);
  // Whole items of lists first, since their fields name them; else the deepest first.
  const removals = [...dropped]
    .filter((path) => ![...kept].some((other) => other.startsWith(`${path}\n`)))
    .map(segmentsOf)
    .toSorted((a, b) => Number(isItem(b)) - Number(isItem(a)) || b.length - a.length);
  const merged = removals.reduce<unknown>(
    (object, segments) => removeAt(object, segments, (depth) => kept.has(pathOf(segments.slice(0, depth)))),
    mergeValues(live, applied, '', lists),
  );
  // The time is the caller's to change, when anything else has changed.
  const entry = { ...applier, time: own?.time ?? applier.time, fields: paths };
  return { object: merged as JsonObject, owners: [...left, entry] };
}
