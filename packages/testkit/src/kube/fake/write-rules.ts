/**
 * What the API makes of a write before it stores it: what the server alone sets, what a write may change at its path, the
 * generation, preconditions, finalizers. Pure: time and identifiers are arguments.
 */
import { isDeepStrictEqual } from 'node:util';
import { conflict, invalid } from './api-failure.ts';
import { apiVersionOf, type FakeResource, qualifiedName } from './fake-resource.ts';
import { type JsonObject, metadataOf, objectAt, stringAt, stringsAt, without, withFields } from './json-object.ts';

export interface Stamp {
  readonly uid: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
}

function withoutTimes(managedFields: unknown): unknown {
  return Array.isArray(managedFields)
    ? managedFields.map((entry) => without(entry as JsonObject, 'time'))
    : managedFields;
}

/** Whether storing `after` would change nothing but the times in managedFields. */
export function isSameObject(before: JsonObject, after: JsonObject): boolean {
  const comparable = (object: JsonObject): JsonObject => {
    const metadata = metadataOf(object);
    return { ...object, metadata: { ...metadata, managedFields: withoutTimes(metadata['managedFields']) } };
  };
  return isDeepStrictEqual(comparable(before), comparable(after));
}

const emptyIsAbsent = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** The metadata of an object: the server keeps no empty list or map there. */
function keptMetadata(object: JsonObject): JsonObject {
  const metadata = metadataOf(object);
  const isEmpty = (value: unknown): boolean =>
    typeof value === 'object' && (value === null || Object.keys(value).length === 0);
  return without(metadata, ...emptyIsAbsent.filter((field) => isEmpty(metadata[field])));
}

/** A new object as it is stored, but for its owners and its resource version. */
export function prepareNew(resource: FakeResource, object: JsonObject, namespace: string, stamp: Stamp): JsonObject {
  const metadata = withFields(keptMetadata(object), {
    namespace: resource.namespaced ? namespace : undefined,
    uid: stamp.uid,
    creationTimestamp: stamp.time,
    generation: resource.hasGeneration ? 1 : undefined,
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    managedFields: undefined,
  });
  const content = resource.hasStatus ? without(object, 'status') : object;
  return { ...content, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}

function contentOf(resource: FakeResource, object: JsonObject): JsonObject {
  return resource.hasStatus ? without(object, 'metadata', 'status') : without(object, 'metadata');
}

/**
 * `incoming` as far as this path may change `existing`. Generation, owners and resource version are those of `existing`
 * still, the generation counted up when the content changed.
 */
export function limitChange(
  resource: FakeResource,
  existing: JsonObject,
  incoming: JsonObject,
  subresource: string,
): JsonObject {
  if (subresource === 'status') return withFields(existing, { status: incoming['status'] });
  const old = metadataOf(existing);
  const status = resource.hasStatus ? existing['status'] : incoming['status'];
  const isChanged = !isDeepStrictEqual(contentOf(resource, existing), contentOf(resource, incoming));
  const generation = Number(old['generation']) + (isChanged ? 1 : 0);
  const metadata = withFields(keptMetadata(incoming), {
    ...Object.fromEntries(
      [
        'name',
        'namespace',
        'uid',
        'creationTimestamp',
        'resourceVersion',
        'managedFields',
        'deletionTimestamp',
        'deletionGracePeriodSeconds',
      ].map((field) => [field, old[field]]),
    ),
    generation: resource.hasGeneration ? generation : undefined,
  });
  return withFields({ ...incoming, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata }, { status });
}

/** Preconditions of a write: the uid, and the resource version where one is named. */
export function checkPreconditions(resource: FakeResource, existing: JsonObject, wanted: JsonObject): void {
  const name = stringAt(metadataOf(existing), 'name');
  const { uid, resourceVersion } = {
    uid: stringAt(wanted, 'uid'),
    resourceVersion: stringAt(wanted, 'resourceVersion'),
  };
  const refused = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}"`;
  if (uid !== undefined && uid !== '' && uid !== metadataOf(existing)['uid']) {
    throw conflict(
      `${refused}: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stringAt(metadataOf(existing), 'uid')}`,
    );
  }
  if (
    resourceVersion !== undefined &&
    resourceVersion !== '' &&
    resourceVersion !== metadataOf(existing)['resourceVersion']
  ) {
    throw conflict(
      `${refused}: the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
}

/** A patch that names another uid is no precondition that failed, but a change of what cannot be changed. */
export function checkUidUnchanged(resource: FakeResource, existing: JsonObject, wanted: JsonObject): void {
  const uid = stringAt(wanted, 'uid');
  if (uid === undefined || uid === metadataOf(existing)['uid']) return;
  const why = `Invalid value: "${uid}": field is immutable`;
  const what = `${resource.kind}.${resource.group} "${stringAt(metadataOf(existing), 'name')}" is invalid`;
  throw invalid(`${what}: metadata.uid: ${why}`, { reason: 'FieldValueInvalid', message: why, field: 'metadata.uid' });
}

/** While an object is being deleted, finalizers can only go. */
export function checkFinalizers(resource: FakeResource, existing: JsonObject, incoming: JsonObject): void {
  const old = metadataOf(existing);
  if (old['deletionTimestamp'] === undefined) return;
  const added = stringsAt(metadataOf(incoming), 'finalizers').filter(
    (each) => !stringsAt(old, 'finalizers').includes(each),
  );
  if (added.length === 0) return;
  const why = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  const what = `${resource.kind}.${resource.group} "${stringAt(old, 'name')}" is invalid: metadata.finalizers: ${why}`;
  throw invalid(what, { reason: 'FieldValueForbidden', message: why, field: 'metadata.finalizers' });
}

export function hasFinalizers(object: JsonObject): boolean {
  return stringsAt(metadataOf(object), 'finalizers').length > 0;
}

export function isBeingDeleted(object: JsonObject): boolean {
  return metadataOf(object)['deletionTimestamp'] !== undefined;
}

/** As an object looks whose deletion was asked for and waits for its finalizers. */
export function markDeleted(resource: FakeResource, object: JsonObject, time: string): JsonObject {
  const metadata = metadataOf(object);
  const generation = resource.hasGeneration ? Number(metadata['generation']) + 1 : undefined;
  return {
    ...object,
    metadata: withFields(metadata, { deletionTimestamp: time, deletionGracePeriodSeconds: 0, generation }),
  };
}

/** The preconditions in the options of a deletion. */
export function deletePreconditions(options: unknown): JsonObject {
  return objectAt((options ?? {}) as JsonObject, 'preconditions');
}
