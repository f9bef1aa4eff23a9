/**
 * The order in which contestants run. Every even round is a fresh shuffle, the odd round after it runs backwards, so
 * that a machine which becomes slower or faster hits both ends of the order alike. Pure: randomness is an argument.
 */

/** The orders of `rounds` rounds; `random` gives numbers in [0, 1). */
export function roundOrders<Item>(items: readonly Item[], rounds: number, random: () => number): readonly Item[][] {
  const orders: Item[][] = [];
  for (let round = 0; round < rounds; round++) {
    const previous = orders[round - 1];
    orders.push(round % 2 === 1 && previous !== undefined ? previous.toReversed() : shuffled(items, random));
  }
  return orders;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
