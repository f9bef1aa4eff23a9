/**
 * Where a small set of measurements lies: median, quartiles, extremes. Pure. Quartiles interpolate linearly between
 * order statistics (the method of R's default and NumPy), which for the five to ten values of a run is a convention,
 * not a confidence interval.
 */

export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
}

/** Describes the values; undefined when there is none or one of them is no finite number. */
export function distribution(values: readonly number[]): Distribution | undefined {
  if (values.length === 0 || !values.every(Number.isFinite)) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    lowerQuartile: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upperQuartile: quantile(sorted, 0.75),
    max: quantile(sorted, 1),
  };
}

function quantile(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - below);
}
