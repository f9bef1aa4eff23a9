/** What the admin listener and the metrics say of live configuration. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { ReplicaRangeStatus } from '@sluice/live-config/replica/replica-port.ts';

export interface ControlRangeStatus extends Omit<ReplicaRangeStatus, 'confirmedAtMs'> {
  /** Since a publisher last confirmed what is in force; null: none has since the start. */
  readonly ageSeconds: number | null;
  /** Changes put in force since the start, and the seconds that took in all. */
  readonly applied: { readonly count: number; readonly seconds: number };
}

export interface ControlStatus {
  readonly proxy: string;
  /** Of this run of the process, as in acknowledgements. */
  readonly instance: string;
  /** Each range has been in force since the start, from the disk or live. */
  readonly isComplete: boolean;
  readonly isConnected: boolean;
  readonly stateDirectory: string | null;
  readonly ranges: readonly ControlRangeStatus[];
}

/** Why a proxy is not ready that waits for its live configuration; for people. */
export function describeMissing({ ranges, stateDirectory, isConnected }: ControlStatus): string {
  const missing = ranges.filter(({ source }) => source === 'None').map(({ range }) => range);
  const disk =
    stateDirectory === null ? 'no stateDirectory is configured' : `${stateDirectory} has no last good configuration`;
  const bus = isConnected ? 'NATS is connected, and no publisher has confirmed one' : 'NATS is not connected';
  return `no ${missing.join(' and no ')} in force: ${disk}; ${bus}`;
}

export type AppliedCounts = Record<ConfigRange, { count: number; seconds: number }>;
