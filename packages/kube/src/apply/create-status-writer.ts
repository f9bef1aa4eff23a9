/**
 * Writes `status` by server-side apply, and only when it says something new. What the store shows may be older than our own
 * last write; so that is remembered until the store has moved on.
 */
import type { KubeClient } from '../port/kube-client.ts';
import { isNotFound } from '../port/kube-error.ts';
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';
import { objectKey } from '../reflector/object-key.ts';
import { isSameContent } from './is-same-content.ts';

export interface ObjectWithStatus extends KubeObject {
  readonly status?: unknown;
}

export interface StatusWriterConfig<T extends ObjectWithStatus> {
  readonly resource: Resource<T>;
  /** `sluice-operator/status`. */
  readonly fieldManager: string;
  /** Last writes remembered; 100 000 unless given. */
  readonly maxRemembered?: number;
}

export type StatusWrite = 'Written' | 'Unchanged' | 'Gone';

export interface StatusWriter<T extends ObjectWithStatus> {
  /** What the object's status is as far as we know: from our last write, if the store has not got it yet. */
  current(object: T): T['status'];
  /** `object` as the store has it, `status` whole. */
  write(object: T, status: Exclude<T['status'], undefined>, signal: AbortSignal): Promise<StatusWrite>;
}

interface OwnWrite {
  readonly uid: string | undefined;
  /** Of the object that we saw when we wrote. */
  readonly seenVersion: string | undefined;
  readonly status: unknown;
}

const usualRemembered = 100_000;

export function createStatusWriter<T extends ObjectWithStatus>(
  config: StatusWriterConfig<T>,
  client: Pick<KubeClient, 'apply'>,
): StatusWriter<T> {
  const { resource, fieldManager, maxRemembered = usualRemembered } = config;
  const ownWrites = new Map<string, OwnWrite>();

  const current = ({ metadata, status }: T): T['status'] => {
    const own = ownWrites.get(objectKey(metadata));
    const isAhead = own !== undefined && own.uid === metadata.uid && own.seenVersion === metadata.resourceVersion;
    return isAhead ? own.status : status;
  };

  const remember = (object: T, status: unknown): void => {
    const key = objectKey(object.metadata);
    ownWrites.delete(key);
    const [oldest] = ownWrites.keys();
    if (ownWrites.size >= maxRemembered && oldest !== undefined) ownWrites.delete(oldest);
    const { uid, resourceVersion } = object.metadata;
    ownWrites.set(key, { uid, seenVersion: resourceVersion, status });
  };

  return {
    current,
    async write(object, status, signal) {
      if (isSameContent(current(object), status)) return 'Unchanged';
      const { name, namespace, uid } = object.metadata;
      const metadata = {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
      };
      try {
        await client.apply(
          resource,
          { metadata, status },
          { subresource: 'status', fieldManager, force: true, signal },
        );
      } catch (error) {
        if (isNotFound(error)) return 'Gone';
        throw error;
      }
      remember(object, status);
      return 'Written';
    },
  };
}
