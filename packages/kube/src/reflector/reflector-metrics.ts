/** What the reflectors of a process do, by resource (`group/plural`). */
import { Counter, Gauge, type Registry } from 'prom-client';

export type RelistReason = 'Start' | 'Expired' | 'Periodic' | 'Doubt';

export interface ReflectorMetrics {
  listed(resource: string, reason: RelistReason): void;
  watched(resource: string): void;
  /** By its error's own word: `Forbidden`, `Unreachable`, `Stale`. */
  failed(resource: string, reason: string): void;
  event(resource: string): void;
  listenerThrew(resource: string): void;
  /** Milliseconds since 1970. */
  contact(resource: string, wallMs: number): void;
  objects(resource: string, count: number): void;
}

export function createReflectorMetrics(registry: Registry): ReflectorMetrics {
  const registers = [registry];
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  const lists = counter('reflector_lists_total', 'Whole lists taken, by resource and reason.', ['resource', 'reason']);
  const watches = counter('reflector_watches_total', 'Watches begun, by resource.', ['resource']);
  const errors = counter('reflector_errors_total', 'Lists and watches that failed, by resource and reason.', [
    'resource',
    'reason',
  ]);
  const events = counter('reflector_events_total', 'Changes seen in watches, by resource.', ['resource']);
  const threw = counter('reflector_listener_errors_total', 'Listeners that threw, by resource.', ['resource']);
  const contact = new Gauge({
    name: 'reflector_last_contact_timestamp_seconds',
    help: 'When the API server last said something about the resource, in seconds since 1970.',
    labelNames: ['resource'],
    registers,
  });
  const objects = new Gauge({
    name: 'reflector_objects',
    help: 'Objects held in memory, by resource.',
    labelNames: ['resource'],
    registers,
  });
  return {
    listed: (resource, reason) => lists.inc({ resource, reason }),
    watched: (resource) => watches.inc({ resource }),
    failed: (resource, reason) => errors.inc({ resource, reason }),
    event: (resource) => events.inc({ resource }),
    listenerThrew: (resource) => threw.inc({ resource }),
    contact: (resource, wallMs) => contact.set({ resource }, wallMs / 1000),
    objects: (resource, count) => objects.set({ resource }, count),
  };
}
