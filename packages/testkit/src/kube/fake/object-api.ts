/**
 * The API of the fake without HTTP: reads and writes of objects, each as a whole or not at all. What a write may do is decided
 * in write-rules, apply-object and field-owners; here it is put together and stored.
 */
import { randomUUID } from 'node:crypto';
import { ApiFailure, badRequest, conflict, invalid, notFound } from './api-failure.ts';
import { applyObject } from './apply-object.ts';
import type { FakeRequest } from './fake-request.ts';
import { apiVersionOf, type FakeResource, namespaceResource, qualifiedName } from './fake-resource.ts';
import { type FieldOwner, ownersAfterUpdate, readOwners, writeOwners } from './field-owners.ts';
import { fieldListsOf, readFields } from './field-paths.ts';
import { isJsonObject, type JsonObject, metadataOf, stringAt, without, withFields } from './json-object.ts';
import { keyOf, type ObjectLog } from './object-log.ts';
import { jsonPatch, mergePatch } from './patch-object.ts';
import {
  checkFinalizers,
  checkPreconditions,
  checkUidUnchanged,
  deletePreconditions,
  hasFinalizers,
  isBeingDeleted,
  isSameObject,
  limitChange,
  markDeleted,
  prepareNew,
} from './write-rules.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface ObjectApiOptions {
  readonly log: ObjectLog;
  readonly resources: readonly FakeResource[];
  readonly now: () => Date;
}

const longestSuffix = 5;

function bodyOf({ body }: FakeRequest): JsonObject {
  if (!isJsonObject(body)) throw badRequest('the body of the request must be an object');
  return body;
}

export class ObjectApi {
  readonly #log: ObjectLog;
  readonly #resources: readonly FakeResource[];
  readonly #now: () => Date;

  constructor({ log, resources, now }: ObjectApiOptions) {
    this.#log = log;
    this.#resources = resources;
    this.#now = now;
  }

  get(request: FakeRequest): ApiAnswer {
    return { status: 200, body: this.#existing(request) };
  }

  create(request: FakeRequest): ApiAnswer {
    const object = this.#withName(bodyOf(request));
    return { status: 201, body: this.#createAs(request, object, 'Update') };
  }

  /** PUT, also of a status. */
  update(request: FakeRequest): ApiAnswer {
    const incoming = bodyOf(request);
    const existing = this.#existing(request);
    const { resource } = request;
    const wanted = metadataOf(incoming);
    if ((stringAt(wanted, 'resourceVersion') ?? '') === '' && !resource.allowsUnconditionalUpdate) {
      const what = `${qualifiedName(resource)} "${request.name}" is invalid: metadata.resourceVersion: Invalid value: 0x0`;
      throw invalid(`${what}: must be specified for an update`, {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
      });
    }
    return { status: 200, body: this.#change(request, existing, incoming) };
  }

  /** JSON merge patch or JSON patch. */
  patch(request: FakeRequest): ApiAnswer {
    const existing = this.#existing(request);
    const patched = this.#patched(request, existing);
    if (!isJsonObject(patched)) throw badRequest('the patch leaves no object');
    return { status: 200, body: this.#change(request, existing, patched) };
  }

  apply(request: FakeRequest): ApiAnswer {
    const { resource, query, name } = request;
    const applied = bodyOf(request);
    if (query.get('fieldManager') === null) {
      const why = 'fieldManager: Required value: is required for apply patch';
      throw invalid(`PatchOptions.meta.k8s.io "" is invalid: ${why}`, {
        reason: 'FieldValueRequired',
        field: 'fieldManager',
      });
    }
    if (metadataOf(applied)['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
    const existing = this.#log.get(qualifiedName(resource), this.#keyOf(request));
    if (existing !== undefined) return { status: 200, body: this.#applyTo(request, existing, applied) };
    if (request.subresource !== '') throw notFound(qualifiedName(resource), name);
    const uid = stringAt(metadataOf(applied), 'uid');
    if (uid !== undefined) {
      throw conflict(
        `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    }
    const object = { ...applied, metadata: { ...metadataOf(applied), name } };
    return { status: 201, body: this.#createAs(request, object, 'Apply') };
  }

  delete(request: FakeRequest): ApiAnswer {
    const existing = this.#existing(request);
    const { resource } = request;
    checkPreconditions(resource, existing, deletePreconditions(request.body));
    const isDryRun = this.#isDryRun(request);
    if (resource === namespaceResource) return { status: 200, body: isDryRun ? existing : this.#terminate(existing) };
    if (hasFinalizers(existing)) {
      if (isBeingDeleted(existing)) return { status: 200, body: existing };
      return { status: 200, body: this.#store(request, existing, markDeleted(resource, existing, this.#time())) };
    }
    if (!isDryRun) this.#remove(resource, keyOf(existing));
    const { name } = request;
    const uid = stringAt(metadataOf(existing), 'uid');
    const details = { name, group: resource.group, kind: resource.plural, uid };
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
  }

  #existing(request: FakeRequest): JsonObject {
    const object = this.#log.get(qualifiedName(request.resource), this.#keyOf(request));
    if (object === undefined) throw notFound(qualifiedName(request.resource), request.name);
    return object;
  }

  #keyOf({ resource, namespace, name }: FakeRequest): string {
    return resource.namespaced ? `${namespace}/${name}` : name;
  }

  #withName(object: JsonObject): JsonObject {
    const metadata = metadataOf(object);
    if (stringAt(metadata, 'name') !== undefined) return object;
    const prefix = stringAt(metadata, 'generateName');
    if (prefix === undefined)
      throw invalid('name or generateName is required', { reason: 'FieldValueRequired', field: 'metadata.name' });
    return { ...object, metadata: { ...metadata, name: `${prefix}${randomUUID().slice(0, longestSuffix)}` } };
  }

  #createAs(request: FakeRequest, object: JsonObject, operation: FieldOwner['operation']): JsonObject {
    const { resource, namespace } = request;
    this.#checkNamespace(request);
    const prepared = prepareNew(resource, object, namespace, { uid: randomUUID(), time: this.#time() });
    const name = qualifiedName(resource);
    if (this.#log.get(name, keyOf(prepared)) !== undefined) {
      throw new ApiFailure(`${name} "${stringAt(metadataOf(prepared), 'name')}" already exists`, {
        status: 409,
        reason: 'AlreadyExists',
      });
    }
    const fields = new Set(
      readFields(operation === 'Apply' ? withoutStatus(resource, object) : prepared, fieldListsOf(resource)).keys(),
    );
    const owners = [{ ...this.#writer(request, operation), fields }];
    return this.#store(request, null, this.#withOwners(prepared, owners));
  }

  #checkNamespace({ resource, namespace }: FakeRequest): void {
    if (!resource.namespaced) return;
    const found = this.#log.get(namespaceResource.plural, namespace);
    if (found === undefined) throw notFound('namespaces', namespace);
    if (isBeingDeleted(found)) {
      const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw new ApiFailure(message, { status: 403, reason: 'Forbidden', causes: [{ reason: 'NamespaceTerminating' }] });
    }
  }

  #patched({ body, contentType }: FakeRequest, existing: JsonObject): unknown {
    if (contentType === 'application/merge-patch+json') return mergePatch(existing, body);
    if (contentType === 'application/json-patch+json') return jsonPatch(existing, body);
    const message = `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`;
    throw new ApiFailure(message, { status: 415, reason: 'UnsupportedMediaType' });
  }

  #change(request: FakeRequest, existing: JsonObject, incoming: JsonObject): JsonObject {
    const { resource, subresource } = request;
    checkGuards(request, existing, incoming);
    if (subresource === '') checkFinalizers(resource, existing, incoming);
    const changed = limitChange(resource, existing, incoming, subresource);
    const lists = fieldListsOf(resource);
    const writer = { ...this.#writer(request, 'Update'), fields: new Set<string>() };
    const owners = ownersAfterUpdate(
      readOwners(metadataOf(existing)['managedFields']),
      writer,
      readFields(existing, lists),
      readFields(changed, lists),
    );
    return this.#store(request, existing, this.#withOwners(changed, owners));
  }

  #applyTo(request: FakeRequest, existing: JsonObject, applied: JsonObject): JsonObject {
    const { resource, query, subresource } = request;
    const content = subresource === 'status' ? { status: applied['status'] } : withoutStatus(resource, applied);
    const merged = applyObject({
      live: existing,
      applied: without(content, 'apiVersion', 'kind'),
      owners: readOwners(metadataOf(existing)['managedFields']),
      applier: { ...this.#writer(request, 'Apply'), fields: new Set() },
      isForced: query.get('force') === 'true',
      lists: fieldListsOf(resource),
    });
    checkGuards(request, existing, applied);
    if (subresource === '') checkFinalizers(resource, existing, merged.object);
    const changed = limitChange(resource, existing, merged.object, subresource);
    return this.#store(request, existing, this.#withOwners(changed, merged.owners));
  }

  /** Stores what is new or changed; the last finalizer to go takes the object with it. */
  #store(request: FakeRequest, existing: JsonObject | null, object: JsonObject): JsonObject {
    const { resource } = request;
    if (existing !== null && isSameObject(existing, object)) return existing;
    if (this.#isDryRun(request)) return object;
    if (isBeingDeleted(object) && !hasFinalizers(object) && resource !== namespaceResource) {
      this.#remove(resource, keyOf(object));
      return object;
    }
    return this.#log.put(qualifiedName(resource), keyOf(object), object);
  }

  /** Takes an object away, and its namespace when that waits for it alone. */
  #remove(resource: FakeResource, key: string): JsonObject {
    const removed = this.#log.remove(qualifiedName(resource), key);
    const namespace = this.#log.get(namespaceResource.plural, key.split('/')[0] ?? '');
    if (resource.namespaced && namespace !== undefined && isBeingDeleted(namespace)) this.#finishNamespace(namespace);
    return removed;
  }

  /** What the namespace controller of a cluster does: deletes all content, then the namespace. */
  #terminate(namespace: JsonObject): JsonObject {
    const marked = isBeingDeleted(namespace)
      ? namespace
      : this.#log.put(
          namespaceResource.plural,
          keyOf(namespace),
          markDeleted(namespaceResource, namespace, this.#time()),
        );
    for (const [resource, key, object] of this.#contentOf(keyOf(namespace))) {
      if (!hasFinalizers(object)) this.#log.remove(qualifiedName(resource), key);
      else if (!isBeingDeleted(object))
        this.#log.put(qualifiedName(resource), key, markDeleted(resource, object, this.#time()));
    }
    this.#finishNamespace(namespace);
    return marked;
  }

  #finishNamespace(namespace: JsonObject): void {
    if (this.#contentOf(keyOf(namespace)).length === 0) this.#log.remove(namespaceResource.plural, keyOf(namespace));
  }

  #contentOf(namespace: string): readonly (readonly [FakeResource, string, JsonObject])[] {
    return this.#resources
      .filter(({ namespaced }) => namespaced)
      .flatMap((resource) =>
        this.#log
          .list(qualifiedName(resource))
          .filter(([key]) => key.startsWith(`${namespace}/`))
          .map(([key, object]) => [resource, key, object] as const),
      );
  }

  #writer(request: FakeRequest, operation: FieldOwner['operation']): Omit<FieldOwner, 'fields'> {
    const { fieldManager: manager, resource, subresource } = request;
    return {
      manager,
      operation,
      apiVersion: apiVersionOf(resource),
      subresource: subresource === '' ? undefined : subresource,
      time: this.#time(),
    };
  }

  #withOwners(object: JsonObject, owners: readonly FieldOwner[]): JsonObject {
    const managedFields = writeOwners(owners);
    return {
      ...object,
      metadata: withFields(metadataOf(object), {
        managedFields: managedFields.length === 0 ? undefined : managedFields,
      }),
    };
  }

  #isDryRun({ query }: FakeRequest): boolean {
    return query.get('dryRun') === 'All';
  }

  #time(): string {
    return this.#now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
  }
}

/** The version, where one is named, and the uid: as a precondition of a PUT; a patch would change what cannot be changed. */
function checkGuards({ resource, verb, subresource }: FakeRequest, existing: JsonObject, incoming: JsonObject): void {
  const wanted = metadataOf(incoming);
  if (verb === 'update') return checkPreconditions(resource, existing, wanted);
  checkPreconditions(resource, existing, without(wanted, 'uid'));
  if (subresource === '') checkUidUnchanged(resource, existing, wanted);
}

function withoutStatus(resource: FakeResource, object: JsonObject): JsonObject {
  return resource.hasStatus ? without(object, 'status') : object;
}
