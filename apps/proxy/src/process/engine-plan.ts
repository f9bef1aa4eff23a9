/**
 * How the engine runs on this machine: mode, threads and descriptors from the configuration and what the kernel grants.
 * Pure.
 */
import { layout } from '@sluice/native/ring-layout.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { EnginePlan } from '../isolate/isolate-messages.ts';

export interface Grants {
  readonly maxFds: number;
  /** What the cgroup gives, possibly a fraction. */
  readonly cpus: number;
}

/** Up to here the decision isolate relays too: a relay thread would only wake up more often than it works. */
const inLoopCpus = 2;
const leastFdBudget = 16;

export function planEngine(datapath: EffectiveConfig['datapath'], grants: Grants): EnginePlan {
  const cpus = Math.max(1, Math.floor(grants.cpus));
  const threads = Math.min(layout.maxWorkers - 1, datapath.workers > 0 ? datapath.workers : Math.max(1, cpus - 1));
  // With few descriptors a quarter is kept, but never less than the runtime itself needs.
  const reserve = Math.min(layout.reservedFds, Math.max(64, Math.floor(grants.maxFds / 4)));
  const fdBudget = Math.max(leastFdBudget, grants.maxFds - reserve);
  return { mode: driveMode(datapath.mode, grants.cpus), threads, fdBudget, datapath };
}

function driveMode(mode: EffectiveConfig['datapath']['mode'], cpus: number): EnginePlan['mode'] {
  switch (mode) {
    case 'Auto':
      return cpus <= inLoopCpus ? 'InLoop' : 'Threads';
    case 'InLoop':
      return 'InLoop';
    case 'Workers':
      return 'Threads';
    case 'Handoff':
      return 'Handoff';
  }
}
