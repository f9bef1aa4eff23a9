/**
 * What the control (the same proxy, started a second time) says about the resolution of a run. Pure.
 */
import type { Distribution } from './distribution.ts';

/**
 * The smallest difference that a run can show: how far the control's median is from 1, or half of its interquartile
 * range, whichever is more. 0.05 means that a ratio of 0.96 is nothing.
 */
export function noiseFloor(control: Distribution): number {
  const bias = Math.abs(control.median - 1);
  const spread = (control.upperQuartile - control.lowerQuartile) / 2;
  return Math.max(bias, spread);
}
