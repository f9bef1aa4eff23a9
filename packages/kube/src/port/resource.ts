/** Which kind of object, and where the API serves it. A constant, written down by who uses the kind: nothing is discovered. */
import type { KubeObject } from './kube-object.ts';

export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Carries the type of the objects; never present. */
  readonly objects?: readonly T[];
}
