/** The parts that every Kubernetes object has, as far as the machinery reads them. What a resource adds is its own interface. */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  /** Absent on objects of cluster scope. */
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: compared for equality only, never as a number. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  /** Set once a deletion was asked for and finalizers hold it back. */
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** Where an object lives; without a namespace: of cluster scope. */
export interface ObjectName {
  readonly name: string;
  readonly namespace?: string;
}
