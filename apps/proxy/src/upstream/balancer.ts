/**
 * Which endpoint a connection tries next: the algorithms of `balance`. Pure but for the standings in the endpoints' loads;
 * randomness is an argument. Endpoints given here have a weight above 0.
 */
import type { Balance } from '../config/effective-config.ts';
import type { Endpoint } from './endpoint.ts';
import { takeTurn } from './smooth-rotation.ts';

/** Picks among `endpoints` one that is not in `tried`, or undefined when all are. */
export type Balancer = (
  endpoints: readonly Endpoint[],
  tried: ReadonlySet<Endpoint>,
  random: () => number,
) => Endpoint | undefined;

/** The algorithm for the configured word. */
export function balancerFor(balance: Balance): Balancer {
  switch (balance) {
    case 'RoundRobin':
      return pickInTurn;
    case 'Random':
      return pickAtRandom;
    case 'LeastConnections':
      return pickLeastLoaded;
  }
}

function pickInTurn(endpoints: readonly Endpoint[], tried: ReadonlySet<Endpoint>): Endpoint | undefined {
  return takeTurn(endpoints, (endpoint) => !tried.has(endpoint));
}

function pickAtRandom(
  endpoints: readonly Endpoint[],
  tried: ReadonlySet<Endpoint>,
  random: () => number,
): Endpoint | undefined {
  let total = 0;
  for (const endpoint of endpoints) if (!tried.has(endpoint)) total += endpoint.weight;
  let left = random() * total;
  let last: Endpoint | undefined;
  for (const endpoint of endpoints) {
    if (tried.has(endpoint)) continue;
    last = endpoint;
    left -= endpoint.weight;
    if (left < 0) break;
  }
  return last;
}

/** Fewest connections for its weight; among equals in turn, so that an idle pool is not always entered by its first endpoint. */
function pickLeastLoaded(endpoints: readonly Endpoint[], tried: ReadonlySet<Endpoint>): Endpoint | undefined {
  let least: Endpoint | undefined;
  for (const endpoint of endpoints) {
    if (!tried.has(endpoint) && (least === undefined || compareLoad(endpoint, least) < 0)) least = endpoint;
  }
  if (least === undefined) return undefined;
  const reference = least;
  return takeTurn(endpoints, (endpoint) => !tried.has(endpoint) && compareLoad(endpoint, reference) === 0);
}

/** The sign of a.active / a.weight - b.active / b.weight, without rounding. */
function compareLoad(a: Endpoint, b: Endpoint): number {
  return a.active * b.weight - b.active * a.weight;
}
