/** A configuration that was read and found valid. */
import type { EffectiveConfig } from '../config/effective-config.ts';

export interface ConfigInHand {
  readonly file: string;
  readonly text: string;
  readonly config: EffectiveConfig;
  readonly digest: string;
}
