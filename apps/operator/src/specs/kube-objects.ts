/**
 * What the operator reads of Kubernetes' objects: the fields it looks at and no others. The API server has judged their form; what may be
 * absent there is optional here, and `spec` of our own kinds is unknown until it has been read.
 */
import type { KubeObject, ObjectMeta } from '@sluice/kube/port/kube-object.ts';

/** An object of ours, ProxyRoute or ProxyListener. */
export interface SluiceObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  /** TCP unless given. */
  readonly protocol?: string;
}

export interface ServiceObject extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly ServicePort[];
    readonly ipFamilies?: readonly string[];
  };
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] };
}

export interface EndpointSliceObject extends KubeObject {
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType?: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
}

/** Of gateway.networking.k8s.io. */
export interface ReferenceGrantObject extends KubeObject {
  readonly spec?: {
    readonly from?: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to?: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

/** `namespace/name`: what objects are called here and in messages. */
export function objectName({ metadata }: { readonly metadata: Pick<ObjectMeta, 'namespace' | 'name'> }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
