/** What the Kubernetes API adds to every object, as far as it is read here; typed structurally, so that any client's objects fit. */
import type { apiVersion } from './api-group.ts';

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An object as the API server hands it out: defaults in place, a status once someone has written one. */
export interface ProxyResource<Kind extends string, Spec, Status> {
  readonly apiVersion: typeof apiVersion;
  readonly kind: Kind;
  readonly metadata: ObjectMetadata;
  readonly spec: Spec;
  readonly status?: Status;
}
