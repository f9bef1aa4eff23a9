/** Who owns which fields: metadata.managedFields, read, changed by a write, and written. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { type FieldPath, fromFieldsV1, toFieldsV1 } from './field-paths.ts';
import { isJsonObject, type JsonObject, objectAt, stringAt } from './json-object.ts';

export interface FieldOwner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string;
  readonly fields: ReadonlySet<FieldPath>;
}

/** The same manager with another operation, or at another subresource, is another owner. */
export function isSameOwner(a: Omit<FieldOwner, 'fields' | 'time'>, b: Omit<FieldOwner, 'fields' | 'time'>): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
}

export function readOwners(managedFields: unknown): readonly FieldOwner[] {
  const entries = Array.isArray(managedFields) ? managedFields.filter(isJsonObject) : [];
  return entries.map((entry) => ({
    manager: stringAt(entry, 'manager') ?? '',
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: stringAt(entry, 'apiVersion') ?? '',
    subresource: stringAt(entry, 'subresource'),
    time: stringAt(entry, 'time') ?? '',
    fields: fromFieldsV1(objectAt(entry, 'fieldsV1')),
  }));
}

export function writeOwners(owners: readonly FieldOwner[]): readonly JsonObject[] {
  return owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ fields, subresource, ...entry }) => ({
      ...entry,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

/** Takes `paths` from all owners but `except`. */
export function takeFields(
  owners: readonly FieldOwner[],
  paths: ReadonlySet<FieldPath>,
  except?: FieldOwner,
): readonly FieldOwner[] {
  return owners.map((owner) => (owner === except ? owner : { ...owner, fields: owner.fields.difference(paths) }));
}

/**
 * After a write that is no apply: who wrote owns what the write changed, and nobody what it took away. An owner that has
 * nothing left is dropped.
 */
export function ownersAfterUpdate(
  owners: readonly FieldOwner[],
  writer: FieldOwner,
  before: ReadonlyMap<FieldPath, unknown>,
  after: ReadonlyMap<FieldPath, unknown>,
): readonly FieldOwner[] {
  // An object that nobody owns anything of is followed again from the next apply on.
  if (owners.length === 0) return owners;
  const changed = new Set(
    [...after]
      .filter(([path, value]) => !before.has(path) || !isDeepStrictEqual(before.get(path), value))
      .map(([path]) => path),
  );
  const gone = new Set([...before.keys()].filter((path) => !after.has(path)));
  if (changed.size === 0 && gone.size === 0) return owners;
  const others = takeFields(
    owners.filter((owner) => !isSameOwner(owner, writer)),
    changed.union(gone),
  );
  const own = owners.find((owner) => isSameOwner(owner, writer));
  const fields = (own?.fields ?? new Set<FieldPath>()).difference(gone).union(changed);
  return [...others, { ...writer, fields }];
}
