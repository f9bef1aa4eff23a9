/**
 * Ratios of two contestants, each taken inside one round. The machine drifts by 10 to 20 % between minutes, so absolute
 * values of different rounds are never compared; a round that lacks either side gives no ratio. Pure.
 */

/** One measured value of one contestant in one round. */
export interface RoundValue {
  readonly round: number;
  readonly value: number;
}

/** subject / other for every round that has both, in the order of the rounds; a zero or negative divisor is left out. */
export function pairedRatios(subject: readonly RoundValue[], other: readonly RoundValue[]): readonly number[] {
  const others = new Map(other.map(({ round, value }) => [round, value]));
  return subject
    .toSorted((a, b) => a.round - b.round)
    .flatMap(({ round, value }) => {
      const divisor = others.get(round);
      return divisor === undefined || divisor <= 0 ? [] : [value / divisor];
    });
}
