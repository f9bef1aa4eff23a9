/** How long to wait before the next attempt to connect. Pure. */

export interface ReconnectPace {
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
}

const maxDoublings = 20;

/**
 * Doubles from attempt to attempt up to the maximum; `random` (0 to 1) takes up to half of it off, so that a thousand
 * proxies that lost one server do not come back in one beat.
 */
export function reconnectDelayMs(attempt: number, pace: ReconnectPace, random: number): number {
  const fullMs = Math.min(pace.reconnectMaxMs, pace.reconnectMinMs * 2 ** Math.min(attempt, maxDoublings));
  return Math.round(fullMs * (1 - random / 2));
}
