/** Shares the weight of a Service among its endpoints in whole numbers, as Gateway API has it: the sum is the Service's, not each one's. Pure. */

export interface WeightedGroup {
  readonly weight: number;
  /** Endpoints that share it; a group without any takes no part. */
  readonly size: number;
}

const maxWeight = 1000;

/** The weight of each endpoint of each group, 0 to 1000, in the proportions asked for as nearly as whole numbers can. */
export function sharedWeights(groups: readonly WeightedGroup[]): readonly number[] {
  const shares = groups.map(({ weight, size }) => (size === 0 ? 0 : weight / size));
  const exact = exactWeights(groups);
  if (exact !== null && Math.max(0, ...exact) <= maxWeight) return exact;
  const largest = Math.max(...shares);
  // Nobody who was to have a share is left without.
  return shares.map((share) => (share === 0 ? 0 : Math.max(1, Math.round((share / largest) * maxWeight))));
}

/** The smallest whole numbers in exactly these proportions; null: they are too large to be counted with. */
function exactWeights(groups: readonly WeightedGroup[]): readonly number[] | null {
  let multiple = 1;
  for (const { weight, size } of groups) {
    if (size === 0 || weight === 0) continue;
    multiple = (multiple / commonDivisor(multiple, size)) * size;
    if (multiple > Number.MAX_SAFE_INTEGER / maxWeight) return null;
  }
  const weights = groups.map(({ weight, size }) => (size === 0 ? 0 : (weight * multiple) / size));
  const divisor = weights.reduce((found, weight) => commonDivisor(found, weight), 0);
  return divisor === 0 ? weights : weights.map((weight) => weight / divisor);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
