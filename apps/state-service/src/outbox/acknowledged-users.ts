/**
 * Listens to what proxies acknowledge, in every process of the service and not only in the one that publishes: whichever a client asks
 * can answer. Which head counted a user in comes from the database.
 */
import { resourceKey } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { AckLedger } from '@sluice/live-config/publisher/ack-ledger.ts';
import type { UserRollouts } from '../domain/user-rollouts.ts';

/** Proxies acknowledge every ten seconds. */
const settledAfterMs = 12_000;
const nobody = { acknowledged: 0, rejections: [] } as const;

export interface AcknowledgedUsersDeps {
  /** null: this process hears no proxy. */
  readonly bus: ConfigBus | null;
  /** Since 1970, never back. */
  readonly nowMs: () => number;
}

export function createAcknowledgedUsers(
  ackKey: Uint8Array | null,
  { bus, nowMs }: AcknowledgedUsersDeps,
): UserRollouts {
  const ledger = new AckLedger({ range: 'users', ackKey });
  let connectedSinceMs: number | null = null;
  bus?.onState((state) => {
    if (state.kind === 'Disconnected') connectedSinceMs = null;
    else connectedSinceMs ??= nowMs();
  });
  bus?.onAck((ack) => void ledger.take(ack, nowMs()));
  return {
    get liveProxies() {
      return ledger.liveProxies(nowMs());
    },
    get isSettled() {
      return connectedSinceMs !== null && nowMs() - connectedSinceMs >= settledAfterMs;
    },
    of({ name, generation, publication }) {
      if (publication === null) return nobody;
      return ledger.rollout({ key: resourceKey({ kind: 'User', name }), generation, ...publication }, nowMs());
    },
  };
}
