/**
 * Requests to the API server, typed by the resource they are for. Every call has a deadline, a bounded answer and a place in
 * the client's rate limit; 429 and 503 that say when to come back are repeated inside the deadline. Calls reject with
 * KubeApiError or KubeTransportError, or with the reason of the caller's own signal.
 */
import type { KubeApiError } from './kube-error.ts';
import type { KubeObject, ObjectName } from './kube-object.ts';
import type { Resource } from './resource.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For everything: waiting for the turn, repeating, reading the answer. The client's own unless given. */
  readonly deadlineMs?: number;
  /** Waits for no turn in the rate limit: for the Lease, which is lost by waiting. */
  readonly isUrgent?: boolean;
  /** Asked right before each time it is sent, after all waiting; false: it is not sent, and rejects. */
  readonly maySend?: () => boolean;
}

export type Subresource = 'status' | 'scale';

export interface WriteOptions extends CallOptions {
  readonly subresource?: Subresource;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface ApplyOptions extends CallOptions {
  readonly subresource?: Subresource;
  /** One for each concern: `sluice-operator/status`. */
  readonly fieldManager: string;
  /** Takes fields over that another manager owns; else that is a Conflict that names it. */
  readonly force: boolean;
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Deletes only this very object; another of the same name is a Conflict. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface Selection {
  /** All namespaces unless given. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends CallOptions, Selection {
  /** Objects in one page; no paging unless given. */
  readonly limit?: number;
  /** Of the page before. */
  readonly continueToken?: string;
}

export interface ObjectPage<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** null: this was the last page. */
  readonly continueToken: string | null;
}

export interface WatchOptions extends Selection {
  readonly signal: AbortSignal;
  /** Events behind this one. */
  readonly resourceVersion: string;
  /** The server ends the watch in order after this long. */
  readonly timeoutSeconds: number;
}

export type WatchEvent<T extends KubeObject> =
  /** The server has granted the watch: the first event, also when nothing changes. */
  | { readonly type: 'Opened' }
  | { readonly type: 'Added' | 'Modified' | 'Deleted'; readonly object: T }
  /** Nothing changed up to this resource version. */
  | { readonly type: 'Bookmark'; readonly resourceVersion: string }
  /** The server's own report in the stream; nothing comes after it. */
  | { readonly type: 'Error'; readonly error: KubeApiError };

/** A JSON patch guards itself by `test` operations; a merge patch replaces lists as a whole. */
export type Patch =
  | { readonly kind: 'Merge'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'Json'; readonly operations: readonly Readonly<Record<string, unknown>>[] };

/** What is applied: the fields that this manager wants to own, and no others. */
export interface AppliedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string } & Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface KubeClient {
  get<T extends KubeObject>(resource: Resource<T>, name: ObjectName, options?: CallOptions): Promise<T>;
  /** One page; the reflector lists all of them. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectPage<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** A Conflict when `metadata.resourceVersion` is given and no longer the last. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /**
   * Server-side apply. Creates what is not there: name the uid in `metadata` where that must not happen.
   * `apiVersion` and `kind` are filled in from the resource.
   */
  apply<T extends KubeObject>(resource: Resource<T>, object: AppliedObject, options: ApplyOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<T>;
  delete(resource: Resource, name: ObjectName, options?: DeleteOptions): Promise<void>;
  /** Rejects if the watch is refused; ends in order when the server closes it, else throws. Ask with bookmarks. */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Ends what is under way. */
  close(): Promise<void>;
}
