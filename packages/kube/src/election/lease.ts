/** coordination.k8s.io/v1 Lease, as far as an election reads and writes it. */
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export interface LeaseSpec {
  /** Absent or empty: nobody. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export const leaseResource: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** A MicroTime: the API server accepts exactly six digits of a second. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
