/** events.k8s.io/v1 Event, as far as it is written here. Pure. */
import { apiVersionOf } from '../client/resource-path.ts';
import { microTime } from '../election/lease.ts';
import type { ObjectEvent } from '../port/event-recorder.ts';
import type { KubeObject, ObjectMeta } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export interface EventObject extends KubeObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly regarding: Readonly<Record<string, string>>;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

export const eventResource: Resource<EventObject> = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

export interface Reporter {
  /** `sluice.dev/operator`. */
  readonly controller: string;
  /** Of this process; at most 128 characters. */
  readonly instance: string;
}

// What the API server's validation allows.
const maxNote = 1024;
const maxWord = 128;
/** Leaves room for a suffix within 253. */
const maxNameStem = 220;

export interface Regarded {
  readonly resource: Resource;
  readonly meta: ObjectMeta;
}

/** Events on objects of cluster scope live in `default`, where kubectl looks for them. */
export function eventNamespace({ meta }: Regarded): string {
  return meta.namespace ?? 'default';
}

export function eventName({ meta }: Regarded, suffix: string): string {
  return `${meta.name.slice(0, maxNameStem).replace(/[^a-z0-9]+$/, '')}.${suffix}`;
}

export function boundedEvent({ type, reason, action, note }: ObjectEvent): ObjectEvent {
  return { type, reason: cut(reason, maxWord), action: cut(action, maxWord), note: cut(note, maxNote) };
}

/** The server counts bytes. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const kept = Buffer.from(text)
    .subarray(0, maxBytes - 3)
    .toString('utf8');
  return `${kept.replace(/\uFFFD$/u, '')}…`;
}

export function eventObject(
  regarded: Regarded,
  event: ObjectEvent,
  { name, reporter, wallMs }: { readonly name: string; readonly reporter: Reporter; readonly wallMs: number },
): EventObject {
  const { resource, meta } = regarded;
  const { uid, resourceVersion, namespace } = meta;
  return {
    metadata: { name, namespace: eventNamespace(regarded) },
    eventTime: microTime(wallMs),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, maxWord),
    ...event,
    regarding: {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      name: meta.name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}
