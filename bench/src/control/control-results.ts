/** What the control plane's measurements found, each part with when it was measured: parts may be measured one at a time. */
import type { Measured } from '../run/measured.ts';
import type { BurstResult } from './burst.ts';
import type { PropagationResult } from './propagation.ts';
import type { UserScaleResult } from './user-scale.ts';

export const controlParts = ['propagation', 'burst', 'users-100000', 'users-1000000'] as const;
export type ControlPart = (typeof controlParts)[number];

export interface ControlResults {
  readonly propagation?: Measured<PropagationResult>;
  readonly burst?: Measured<BurstResult>;
  readonly 'users-100000'?: Measured<UserScaleResult>;
  readonly 'users-1000000'?: Measured<UserScaleResult>;
}
