/** The engine's counters in shared memory as metrics and status want them. Never asks the decision isolate. */
import { type ListenerCounters, readCounters, readListenerCounters } from '@sluice/native/counters.ts';
import { layout } from '@sluice/native/ring-layout.ts';
import type { LiveSnapshot } from '../admin/live-snapshot.ts';
import type { DecisionHost } from '../isolate/decision-host.ts';
import type { EnginePlan } from '../isolate/isolate-messages.ts';
import { countedPausesMs, longestPauseMs, pauseCounts } from '../isolate/pause-meter.ts';
import type { BoundListener } from '../session/listener-set.ts';

export interface LiveReaderDeps {
  readonly host: () => DecisionHost | null;
  readonly plan: EnginePlan;
  readonly listeners: () => readonly BoundListener[];
  /** Limits counted elsewhere than in the engine. */
  readonly otherLimits: () => Readonly<Record<string, number>>;
}

/**
 * Engine ids are used again when there is none left: what was counted for an earlier listener is not the new one's.
 * Invariant: an id that nobody had before counts from zero, so nothing is lost between its first connection and the first look.
 */
class ListenerTenancies {
  readonly #byId = new Map<number, { readonly name: string; readonly before: ListenerCounters | null }>();

  countersOf(name: string, id: number, read: ListenerCounters): ListenerCounters {
    let tenancy = this.#byId.get(id);
    if (tenancy?.name !== name) {
      tenancy = { name, before: tenancy === undefined ? null : read };
      this.#byId.set(id, tenancy);
    }
    const { before } = tenancy;
    if (before === null) return read;
    return {
      accepted: read.accepted - before.accepted,
      active: read.active,
      bytesUp: read.bytesUp - before.bytesUp,
      bytesDown: read.bytesDown - before.bytesDown,
      shed: read.shed - before.shed,
    };
  }
}

const nothing: LiveSnapshot = { listeners: [], limits: {}, gauges: {}, pauses: [] };

export function createLiveReader(deps: LiveReaderDeps): () => LiveSnapshot {
  const tenancies = new ListenerTenancies();
  return () => {
    const host = deps.host();
    if (host === null) return nothing;
    const counters = readCounters(host.regions);
    const { smallSlots, largeSlots } = layout;
    return {
      listeners: deps.listeners().map(({ name, id }) => ({
        name,
        ...tenancies.countersOf(name, id, readListenerCounters(host.regions, id)),
      })),
      limits: {
        connections: counters.connectionLimit,
        listener_connections: counters.listenerLimit,
        slots: counters.slotLimit,
        pipes: counters.pipeLimit,
        file_descriptors: counters.fdLimit,
        event_ring: counters.eventOverflow,
        decide_timeout: counters.decideTimeouts,
        listener_removal: counters.listenersCutShort,
        ...deps.otherLimits(),
      },
      gauges: {
        engine_connections_in_use: counters.active,
        engine_connections_max: Math.floor(deps.plan.fdBudget / 2),
        engine_slots_in_use: counters.slotsInUse,
        engine_slots_max: (smallSlots + largeSlots) * host.regions.length,
        engine_pipes_in_use: counters.pipesOpen,
        engine_pipes_max: layout.maxPipes * host.regions.length,
        engine_fds_in_use: 2 * (counters.active + counters.pipesOpen),
        engine_fds_max: deps.plan.fdBudget,
        decision_pause_seconds: longestPauseMs(host.pauses) / 1000,
      },
      pauses: pausesOf(host),
    };
  };
}

function pausesOf({ pauses }: DecisionHost): LiveSnapshot['pauses'] {
  const counts = pauseCounts(pauses);
  return countedPausesMs.map((atLeastMs, index) => ({ atLeastSeconds: atLeastMs / 1000, count: counts[index] ?? 0 }));
}

/** Connections open now, over all listeners, those of removed listeners included. */
export function activeConnections(host: DecisionHost): number {
  let sum = 0;
  for (let id = 0; id < layout.maxListeners; id++) sum += readListenerCounters(host.regions, id).active;
  return sum;
}
