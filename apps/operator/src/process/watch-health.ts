/** Whether the local copies are alive: what /healthz and /readyz say. Pure. */
import type { HealthAnswer } from './health-server.ts';

export interface WatchedCopy {
  readonly name: string;
  readonly hasSynced: boolean;
  /** Since the API server last answered about it. */
  readonly sinceAnswerMs: number;
}

/** A copy that is silent for so long, while another one hears, is stuck; if all are silent, the API server is away. */
const stuckMs = 600_000;
const hearingMs = 120_000;

export function judgeLiveness(copies: readonly WatchedCopy[]): HealthAnswer {
  const isHearing = copies.some(({ sinceAnswerMs }) => sinceAnswerMs < hearingMs);
  const stuck = copies.filter(({ hasSynced, sinceAnswerMs }) => hasSynced && sinceAnswerMs > stuckMs);
  if (!isHearing || stuck.length === 0) return { isGood: true, reason: '' };
  return { isGood: false, reason: `nothing was heard for ten minutes of ${stuck.map(({ name }) => name).join(', ')}` };
}

export function judgeReadiness(copies: readonly WatchedCopy[], isStopping: boolean): HealthAnswer {
  if (isStopping) return { isGood: false, reason: 'Stopping' };
  const missing = copies.filter(({ hasSynced }) => !hasSynced).map(({ name }) => name);
  if (missing.length === 0) return { isGood: true, reason: '' };
  return { isGood: false, reason: `not listed yet: ${missing.join(', ')}` };
}
