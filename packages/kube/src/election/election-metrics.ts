/** What client-go's users find on their dashboards: `leader_election_*`, by the same names. */
import { Counter, Gauge, type Registry } from 'prom-client';

/** Of one election. */
export interface ElectionMetrics {
  leading(isLeading: boolean): void;
  /** An attempt that had to read the Lease first. */
  slowPath(): void;
}

export function createElectionMetrics(registry: Registry): { of(name: string): ElectionMetrics } {
  const registers = [registry];
  const labelNames = ['name'] as const;
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process leads: 1, or stands by: 0.',
    labelNames,
    registers,
  });
  const slow = new Counter({
    name: 'leader_election_slowpath_total',
    help: 'Renewals of the Lease that had to read it first.',
    labelNames,
    registers,
  });
  return {
    of: (name) => {
      status.set({ name }, 0);
      slow.inc({ name }, 0);
      return {
        leading: (isLeading) => status.set({ name }, isLeading ? 1 : 0),
        slowPath: () => slow.inc({ name }),
      };
    },
  };
}
