/**
 * Follows ranges over a ConfigBus: carries out what the core of each range decides, and tells it what came of it. Decides nothing
 * itself. Invariant: inputs are given to a core one after the other, also when carrying out an effect gives the next.
 */
import { RangeFollower } from './range-follower.ts';
import type { Replica, ReplicaConfig, ReplicaDeps } from './replica-port.ts';

const tickMs = 250;

export function createReplica(config: ReplicaConfig, deps: ReplicaDeps): Replica {
  const followers = config.ranges.map((range) => new RangeFollower(range, config, deps));
  const tick = (): void => {
    for (const follower of followers) follower.dispatch({ kind: 'Tick' });
  };
  // In the next phase of the loop, after what waits in sockets has been read: who stood still has heard nothing, though all is there.
  const ticker = setInterval(() => setImmediate(tick), tickMs);
  const restored = Promise.all(followers.map((follower) => follower.restore())).then(() => undefined);
  deps.bus.onState((state) => {
    for (const follower of followers) follower.dispatch(state);
  });
  return {
    restored,
    status: () => followers.map((follower) => follower.status()),
    recheck(range) {
      for (const follower of followers) if (follower.range === range) follower.dispatch({ kind: 'Recheck' });
    },
    async close() {
      clearInterval(ticker);
      await restored;
      await Promise.all(followers.map((follower) => follower.close()));
    },
  };
}
