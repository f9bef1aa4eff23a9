/**
 * Which fields an object has, as server-side apply counts them: a value is one field, a list one field too unless the kind says
 * that it is a map or a set. Paths are written as in managedFields (`f:name`, `k:{"type":"Ready"}`, `v:"x"`). Pure.
 */
import type { FakeResource, ListKind } from './fake-resource.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** Segments in their managedFields notation, a line each. */
export type FieldPath = string;

export type FieldLists = Readonly<Record<string, ListKind>>;

const separator = '\n';
const itself = '.';

const metadataLists: FieldLists = {
  'metadata.finalizers': { kind: 'Set' },
  'metadata.ownerReferences': { kind: 'Map', keys: ['uid'] },
};

/** Nobody owns what the server itself writes. */
const ownedByServer = new Set([
  'apiVersion',
  'kind',
  ...[
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'managedFields',
    'generateName',
  ].map((field) => `metadata.${field}`),
  'metadata.deletionTimestamp',
  'metadata.deletionGracePeriodSeconds',
]);

export function fieldListsOf({ lists = {} }: FakeResource): FieldLists {
  return { ...metadataLists, ...lists };
}

export function segmentsOf(path: FieldPath): readonly string[] {
  return path.split(separator);
}

export function pathOf(segments: readonly string[]): FieldPath {
  return segments.join(separator);
}

/** The segment of an item in a list that is a map. */
export function keySegment(item: JsonObject, keys: readonly string[]): string {
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key]])))}`;
}

interface Place {
  /** Field names alone, for the table of lists. */
  readonly name: string;
  readonly segments: readonly string[];
}

function fieldPlace({ name, segments }: Place, field: string): Place {
  return { name: name === '' ? field : `${name}.${field}`, segments: [...segments, `f:${field}`] };
}

function itemPlace({ name, segments }: Place, item: unknown, list: ListKind): Place {
  const segment =
    list.kind === 'Set' ? `v:${JSON.stringify(item)}` : keySegment(isJsonObject(item) ? item : {}, list.keys);
  return { name, segments: [...segments, segment] };
}

/** The places inside of `value`; empty: it is one field. */
function placesIn(value: unknown, place: Place, lists: FieldLists): readonly (readonly [unknown, Place])[] {
  if (isJsonObject(value)) {
    return Object.entries(value).map(([field, child]) => [child, fieldPlace(place, field)] as const);
  }
  const list = lists[place.name];
  if (!Array.isArray(value) || list === undefined) return [];
  return value.map((item: unknown) => [item, itemPlace(place, item, list)] as const);
}

/** Every field of `object` with its value; an item of a list counts besides its fields, with the value null. */
export function readFields(object: JsonObject, lists: FieldLists): ReadonlyMap<FieldPath, unknown> {
  const fields = new Map<FieldPath, unknown>();
  const visit = (value: unknown, place: Place): void => {
    if (ownedByServer.has(place.name)) return;
    const isItem = place.segments.at(-1)?.startsWith('f:') === false;
    const places = placesIn(value, place, lists);
    // A list that is a map or a set is no field itself: of an empty one there is nothing to own.
    const isKeyed = Array.isArray(value) && lists[place.name] !== undefined;
    if (isItem) fields.set(pathOf(place.segments), null);
    else if (places.length === 0 && place.segments.length > 0 && !isKeyed) fields.set(pathOf(place.segments), value);
    for (const [child, at] of places) visit(child, at);
  };
  visit(object, { name: '', segments: [] });
  return fields;
}

/** The tree of managedFields. */
export function toFieldsV1(paths: Iterable<FieldPath>): JsonObject {
  type Tree = { [segment: string]: Tree };
  const tree: Tree = {};
  for (const path of paths) {
    let node = tree;
    for (const segment of segmentsOf(path)) {
      node[segment] ??= {};
      node = node[segment];
    }
    if (segmentsOf(path).at(-1)?.startsWith('k:') === true) node[itself] = {};
  }
  return tree;
}

/** The paths of a tree of managedFields. */
export function fromFieldsV1(tree: JsonObject): ReadonlySet<FieldPath> {
  const paths = new Set<FieldPath>();
  const visit = (node: JsonObject, segments: readonly string[]): void => {
    const children = Object.entries(node).filter(([segment]) => segment !== itself);
    if (segments.length > 0 && (children.length === 0 || itself in node)) paths.add(pathOf(segments));
    for (const [segment, child] of children) visit(isJsonObject(child) ? child : {}, [...segments, segment]);
  };
  visit(tree, []);
  return paths;
}

/** As conflicts name a field: `.status.conditions[type="Ready"].reason`. */
export function describePath(path: FieldPath): string {
  return segmentsOf(path)
    .map((segment) => {
      const content = segment.slice(2);
      if (segment.startsWith('f:')) return `.${content}`;
      if (segment.startsWith('v:')) return `[=${content}]`;
      const keys = Object.entries(JSON.parse(content) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
