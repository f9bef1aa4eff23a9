/** Where the bulk and the end of many measured times lie. Pure; the nearest rank, so that each figure is one that was measured. */

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Undefined when there is no value or one of them is no finite number. */
export function percentiles(values: readonly number[]): Percentiles | undefined {
  if (values.length === 0 || !values.every(Number.isFinite)) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (fraction: number): number => sorted[Math.ceil(fraction * sorted.length) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
