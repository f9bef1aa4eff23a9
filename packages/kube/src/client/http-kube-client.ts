/** The KubeClient of the port over HTTP: verbs and objects into calls, answers into objects. Transport knows the rest. */
import type { Clock } from '../port/clock.ts';
import type {
  ApplyOptions,
  AppliedObject,
  CallOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  ObjectPage,
  Patch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../port/kube-client.ts';
import { KubeTransportError } from '../port/kube-error.ts';
import type { KubeObject, ObjectName } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';
import { listCheck, objectCheck } from './api-shapes.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { createCredentials } from './credentials.ts';
import { decodeWatchLine } from './decode-watch-line.ts';
import type { KubeConfigSource } from './kube-config-source.ts';
import {
  apiVersionOf,
  collectionPath,
  listQuery,
  objectPath,
  type Query,
  watchQuery,
  withQuery,
} from './resource-path.ts';
import { type HttpCall, type OpenAnswer, Transport } from './transport.ts';
import { LineTooLongError, WatchLines } from './watch-lines.ts';

export interface HttpKubeClientConfig {
  readonly source: KubeConfigSource;
  /** `sluice-operator/0.1.0`: what the audit log shows. */
  readonly userAgent: string;
  /** Requests a second, over all verbs; 50 unless given. */
  readonly qps?: number;
  /** At once; 100 unless given. */
  readonly burst?: number;
  /** For one call with its repetitions; 30 s unless given. */
  readonly deadlineMs?: number;
  /** Of one answer; 64 MiB unless given. */
  readonly maxBodyBytes?: number;
  /** Of one event of a watch; 8 MiB unless given: etcd holds no object above 1.5 MiB. */
  readonly maxLineBytes?: number;
  /** Waiting or under way; 256 unless given. */
  readonly maxPendingCalls?: number;
  /** Open at a time; 256 unless given. */
  readonly maxWatches?: number;
}

export interface HttpKubeClientDeps {
  readonly clock: Clock;
  readonly metrics: ClientMetrics;
}

const defaults = {
  qps: 50,
  burst: 100,
  deadlineMs: 30_000,
  maxBodyBytes: 64 * 1024 * 1024,
  maxLineBytes: 8 * 1024 * 1024,
  maxPendingCalls: 256,
  maxWatches: 256,
};

/** Opens no connection before the first call; throws KubeConfigError at none: a call that finds no credentials rejects. */
export function createHttpKubeClient(config: HttpKubeClientConfig, { clock, metrics }: HttpKubeClientDeps): KubeClient {
  const credentials = createCredentials(config.source, clock);
  const full = { ...defaults, ...config };
  return new HttpKubeClient(new Transport(full, { credentials, clock, metrics }), full.maxLineBytes);
}

class HttpKubeClient implements KubeClient {
  readonly #transport: Transport;
  readonly #maxLineBytes: number;

  constructor(transport: Transport, maxLineBytes: number) {
    this.#transport = transport;
    this.#maxLineBytes = maxLineBytes;
  }

  async get<T extends KubeObject>(resource: Resource<T>, name: ObjectName, options: CallOptions = {}): Promise<T> {
    const call: HttpCall = { method: 'GET', path: objectPath(resource, name), what: say('get', resource, name) };
    return await this.#object<T>(call, options);
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectPage<T>> {
    const path = withQuery(collectionPath(resource, options.namespace), listQuery(options));
    const call: HttpCall = { method: 'GET', path, what: sayAll('list', resource, options.namespace) };
    const read = await this.#transport.call(call, options);
    if (!listCheck.Check(read)) throw unreadable(call, 'it is no list of objects');
    const { continue: token, resourceVersion } = read.metadata;
    // Lists of the built-in kinds leave these out of their items, watches do not.
    const kinds = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    const items = (read.items ?? []).map((item) => ({ ...kinds, ...item }) as unknown as T);
    return { items, resourceVersion, continueToken: token === undefined || token === '' ? null : token };
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = withQuery(collectionPath(resource, namespace), writeQuery(options));
    const body = JSON.stringify({ ...object, ...kindOf(resource) });
    const what = say('create', resource, object.metadata);
    if (resource.namespaced && namespace === undefined)
      throw new TypeError(`${resource.kind} ${name} has no namespace`);
    return await this.#object<T>({ method: 'POST', path, what, content: json(body) }, options);
  }

  async replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = withQuery(objectPath(resource, object.metadata, options.subresource), writeQuery(options));
    const body = JSON.stringify({ ...object, ...kindOf(resource) });
    const what = say('replace', resource, object.metadata);
    return await this.#object<T>({ method: 'PUT', path, what, content: json(body) }, options);
  }

  async apply<T extends KubeObject>(resource: Resource<T>, object: AppliedObject, options: ApplyOptions): Promise<T> {
    const query = { ...writeQuery(options), force: options.force };
    const path = withQuery(objectPath(resource, object.metadata, options.subresource), query);
    const body = JSON.stringify({ ...object, ...kindOf(resource) });
    // JSON is YAML; application/apply-patch+json is not served by all versions.
    const content = { mediaType: 'application/apply-patch+yaml', body };
    return await this.#object<T>(
      { method: 'PATCH', path, what: say('apply', resource, object.metadata), content },
      options,
    );
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = withQuery(objectPath(resource, name, options.subresource), writeQuery(options));
    const content =
      patch.kind === 'Merge'
        ? { mediaType: 'application/merge-patch+json', body: JSON.stringify(patch.body) }
        : { mediaType: 'application/json-patch+json', body: JSON.stringify(patch.operations) };
    return await this.#object<T>({ method: 'PATCH', path, what: say('patch', resource, name), content }, options);
  }

  async delete(resource: Resource, name: ObjectName, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, propagation } = options;
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(Object.keys(preconditions).length > 0 && { preconditions }),
      ...(propagation && { propagationPolicy: propagation }),
    };
    const call: HttpCall = {
      method: 'DELETE',
      path: objectPath(resource, name),
      what: say('delete', resource, name),
      content: json(JSON.stringify(body)),
    };
    await this.#transport.call(call, options);
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const path = withQuery(collectionPath(resource, options.namespace), watchQuery(options));
    const what = sayAll('watch', resource, options.namespace);
    const answer = await this.#transport.open({ method: 'GET', path, what }, options.signal);
    try {
      yield* this.#events<T>(what, answer);
    } catch (error) {
      throw answer.explain(error instanceof LineTooLongError ? tooLong(what, error) : error);
    } finally {
      answer.end();
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async *#events<T extends KubeObject>(what: string, answer: OpenAnswer): AsyncGenerator<WatchEvent<T>> {
    const lines = new WatchLines(this.#maxLineBytes);
    // The first thing told is that the watch is there: contact, though nothing has changed.
    yield { type: 'Opened' };
    for await (const chunk of answer.body) {
      for (const line of lines.push(chunk)) {
        const event = decodeWatchLine<T>(what, line);
        if (event !== null) yield event;
        if (event?.type === 'Error') return;
      }
    }
  }

  async #object<T extends KubeObject>(call: HttpCall, options: CallOptions): Promise<T> {
    const read = await this.#transport.call(call, options);
    if (!objectCheck.Check(read)) throw unreadable(call, 'it is no object');
    return read as unknown as T;
  }
}

function kindOf(resource: Resource): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function json(body: string): { readonly mediaType: string; readonly body: string } {
  return { mediaType: 'application/json', body };
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Query {
  return { fieldManager, dryRun: dryRun === true ? 'All' : undefined };
}

function say(verb: string, resource: Resource, { name, namespace }: ObjectName): string {
  return `${verb} ${resource.plural} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function sayAll(verb: string, resource: Resource, namespace: string | undefined): string {
  return `${verb} ${resource.plural} ${namespace === undefined ? 'in all namespaces' : `in ${namespace}`}`;
}

function unreadable({ what }: HttpCall, why: string): KubeTransportError {
  return new KubeTransportError(`${what}: the answer cannot be read: ${why}`, 'Unreadable');
}

function tooLong(what: string, cause: LineTooLongError): KubeTransportError {
  return new KubeTransportError(`${what}: ${cause.message}`, 'BodyTooLarge', { cause });
}
