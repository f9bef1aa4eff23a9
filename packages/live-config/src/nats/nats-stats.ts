/** What a NATS bus counts, for metrics. All but `pendingPuts` only grow. */
import type { PutOutcome } from '../port/config-bus.ts';

export interface NatsStats {
  /** Connections made; all but the first are reconnects. */
  connects: number;
  failedConnects: number;
  readonly puts: Record<PutOutcome['kind'], number>;
  watchesBegun: number;
  watchesLost: number;
  /** Entries that watches reported. */
  entries: number;
  /** Publishes and subscriptions that the server refused for want of permission. */
  denied: number;
  acksSent: number;
  /** Sent while not connected. */
  acksDropped: number;
  acksReceived: number;
  pendingPuts: number;
}

/** All at zero. */
export function emptyNatsStats(): NatsStats {
  return {
    connects: 0,
    failedConnects: 0,
    puts: { Stored: 0, Conflict: 0, Unknown: 0, Denied: 0 },
    watchesBegun: 0,
    watchesLost: 0,
    entries: 0,
    denied: 0,
    acksSent: 0,
    acksDropped: 0,
    acksReceived: 0,
    pendingPuts: 0,
  };
}
