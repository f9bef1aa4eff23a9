/**
 * A collection as an API server keeps one, for a scripted server: list with pages, watch with bookmarks and resumption, and
 * whatever misbehaviour a test asks for. Resource versions are words, not numbers: who counts with them fails.
 */
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../src/port/kube-object.ts';
import type { Resource } from '../src/port/resource.ts';
import { answerJson, answerStatus, type ScriptedAnswer, type ScriptedRequest, statusOf } from './scripted-api.ts';

export interface Thing extends KubeObject {
  readonly spec: { readonly size: number; readonly group?: string };
}

export const things: Resource<Thing> = {
  group: 'example.org',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
};

interface LoggedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Thing;
  readonly at: number;
}

/** True: the test has answered itself. */
export type Interception = (response: ServerResponse, request: ScriptedRequest, ordinal: number) => boolean;

export interface OpenWatch {
  readonly namespace: string | null;
  readonly response: ServerResponse;
}

export class ScriptedCollection {
  onList: Interception = () => false;
  onWatch: Interception = () => false;
  readonly watches = new Set<OpenWatch>();
  listCount = 0;
  watchCount = 0;
  readonly #objects = new Map<string, Thing>();
  #log: LoggedEvent[] = [];
  #at = 100;
  #uid = 0;
  #oldest = 0;

  /** Adds or changes an object, and tells the watches. */
  put(name: string, size: number, namespace = 'a'): Thing {
    const isNew = !this.#objects.has(`${namespace}/${name}`);
    const object = this.putSilently(name, size, namespace);
    this.#tell({ type: isNew ? 'ADDED' : 'MODIFIED', object, at: this.#at });
    return object;
  }

  /** As `put`, but no watch ever hears of it. */
  putSilently(name: string, size: number, namespace = 'a'): Thing {
    this.#at += 1;
    const key = `${namespace}/${name}`;
    const uid = this.#objects.get(key)?.metadata.uid ?? `uid-${(this.#uid += 1)}`;
    const metadata = { name, namespace, uid, resourceVersion: wordOf(this.#at) };
    const object = { apiVersion: 'example.org/v1', kind: 'Thing', metadata, spec: { size } };
    this.#objects.set(key, object);
    return object;
  }

  remove(name: string, namespace = 'a'): void {
    const object = this.removeSilently(name, namespace);
    if (object !== null) this.#tell({ type: 'DELETED', object, at: this.#at });
  }

  removeSilently(name: string, namespace = 'a'): Thing | null {
    const key = `${namespace}/${name}`;
    const before = this.#objects.get(key);
    if (before === undefined) return null;
    this.#at += 1;
    this.#objects.delete(key);
    return { ...before, metadata: { ...before.metadata, resourceVersion: wordOf(this.#at) } };
  }

  /** Sends the last event of an object once more. */
  repeat(name: string): void {
    const last = this.#log.findLast(({ object }) => object.metadata.name === name);
    if (last !== undefined) this.#send(last);
  }

  bookmark(): void {
    for (const { response } of this.watches) writeLine(response, 'BOOKMARK', bookmarkAt(this.#at));
  }

  /** Versions up to now are no longer served. */
  compact(): void {
    this.#oldest = this.#at;
    this.#log = [];
  }

  endWatches(): void {
    for (const { response } of this.watches) response.end();
  }

  breakWatches(): void {
    for (const { response } of this.watches) response.destroy();
  }

  readonly answer: ScriptedAnswer = (request, response) => {
    if (request.query.get('watch') === 'true') {
      this.watchCount += 1;
      if (!this.onWatch(response, request, this.watchCount)) this.#watch(request, response);
    } else {
      this.listCount += 1;
      if (!this.onList(response, request, this.listCount)) this.#list(request, response);
    }
  };

  #list({ path, query }: ScriptedRequest, response: ServerResponse): void {
    const namespace = namespaceOf(path);
    const all = [...this.#objects.values()].filter(({ metadata }) => isIn(namespace, metadata.namespace));
    const token = query.get('continue');
    const [from = 0, at = this.#at] = token === null ? [] : token.split('.').map(Number);
    if (token !== null && at < this.#oldest) return answerStatus(response, { code: 410, reason: 'Expired' });
    const limit = Number(query.get('limit') ?? all.length);
    const more = from + limit < all.length ? { continue: `${from + limit}.${at}` } : {};
    const items = all.slice(from, from + limit).map(({ metadata, spec }) => ({ metadata, spec }));
    answerJson(response, { kind: 'ThingList', metadata: { resourceVersion: wordOf(at), ...more }, items });
  }

  #watch({ path, query }: ScriptedRequest, response: ServerResponse): void {
    const from = atOf(query.get('resourceVersion') ?? '');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#oldest) {
      writeLine(response, 'ERROR', statusOf({ code: 410, reason: 'Expired' }));
      response.end();
      return;
    }
    const watch = { namespace: namespaceOf(path), response };
    this.watches.add(watch);
    response.on('close', () => this.watches.delete(watch));
    for (const event of this.#log) {
      if (event.at > from && isIn(watch.namespace, event.object.metadata.namespace)) {
        writeLine(response, event.type, event.object);
      }
    }
  }

  #tell(event: LoggedEvent): void {
    this.#log.push(event);
    this.#send(event);
  }

  #send({ type, object }: LoggedEvent): void {
    for (const { namespace, response } of this.watches) {
      if (isIn(namespace, object.metadata.namespace)) writeLine(response, type, object);
    }
  }
}

export function writeLine(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function bookmarkAt(at: number): unknown {
  return {
    kind: 'Thing',
    apiVersion: 'example.org/v1',
    metadata: { resourceVersion: wordOf(at), creationTimestamp: null },
  };
}

/** `v-` and digits in an order that does not sort as they do. */
function wordOf(at: number): string {
  return `v-${String(at).split('').toReversed().join('')}`;
}

function atOf(word: string): number {
  return Number(word.slice(2).split('').toReversed().join(''));
}

function namespaceOf(path: string): string | null {
  return /\/namespaces\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function isIn(namespace: string | null, of: string | undefined): boolean {
  return namespace === null || namespace === of;
}
