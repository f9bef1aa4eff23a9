/** Events (events.k8s.io/v1) on objects, for `kubectl describe`: at most a few, repeated ones as one series. */
import type { ObjectMeta } from './kube-object.ts';
import type { Resource } from './resource.ts';

export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase: why. */
  readonly reason: string;
  /** CamelCase: what was done or attempted. */
  readonly action: string;
  /** For people; at most 1024 characters are kept. */
  readonly note: string;
}

export interface EventRecorder {
  /** Never throws and never waits: an event that cannot be written is counted and lost. */
  record(resource: Resource, regarding: ObjectMeta, event: ObjectEvent): void;
  /** Writes what is pending until the signal ends, then takes nothing more. */
  close(signal: AbortSignal): Promise<void>;
}
