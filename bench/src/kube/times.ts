/** Many measured times: their middle, their spread and their end. Pure. */
import { distribution } from '../statistics/distribution.ts';
import { type Percentiles, percentiles } from '../statistics/percentiles.ts';

export interface Times extends Percentiles {
  /** The quartiles. */
  readonly p25: number;
  readonly p75: number;
}

/** Undefined when there is none. */
export function timesOf(values: readonly number[]): Times | undefined {
  const bulk = percentiles(values);
  const middle = distribution(values);
  if (bulk === undefined || middle === undefined) return undefined;
  return { ...bulk, p25: middle.lowerQuartile, p75: middle.upperQuartile };
}
