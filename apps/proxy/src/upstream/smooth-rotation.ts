/**
 * Smooth weighted round-robin (nginx's): in each cycle of as many turns as the weights add up to, every endpoint has its
 * weight in turns, spread out (5:1:1 gives A A B A C A A, not A A A A A B C). Deterministic; the standings sum to what they
 * summed to before, so leaving endpoints out of one turn does not favour them later.
 */
import type { Endpoint } from './endpoint.ts';

/** The endpoint whose turn it is among the eligible, or undefined when there is none. */
export function takeTurn(
  endpoints: readonly Endpoint[],
  isEligible: (endpoint: Endpoint) => boolean,
): Endpoint | undefined {
  let total = 0;
  let best: Endpoint | undefined;
  for (const endpoint of endpoints) {
    if (!isEligible(endpoint)) continue;
    total += endpoint.weight;
    endpoint.load.standing += endpoint.weight;
    if (best === undefined || endpoint.load.standing > best.load.standing) best = endpoint;
  }
  if (best !== undefined) best.load.standing -= total;
  return best;
}
