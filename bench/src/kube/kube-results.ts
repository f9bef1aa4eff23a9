/** What the measurements of the operator found, each part with when it was measured: parts may be measured one at a time. */
import type { Measured } from '../run/measured.ts';
import type { KubePropagationResult } from './kube-propagation.ts';
import type { OtherObjectsResult } from './other-objects.ts';
import type { RouteScaleResult } from './route-scale.ts';

export const kubeParts = ['propagation', 'routes-5000', 'objects-50000'] as const;
export type KubePart = (typeof kubeParts)[number];

export interface KubeResults {
  readonly propagation?: Measured<KubePropagationResult>;
  readonly 'routes-5000'?: Measured<RouteScaleResult>;
  readonly 'objects-50000'?: Measured<OtherObjectsResult>;
}
