/**
 * What the admin listener shows: the port that main.ts implements. Everything is read when a request asks.
 */
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { ControlStatus } from '../control/live/control-status.ts';

export type Readiness =
  | { readonly isReady: true }
  /** `Draining` from the first stop signal on. */
  | { readonly isReady: false; readonly reason: 'Starting' | 'Draining' }
  /** Only before the first of it: readiness never depends on NATS once something is in force. */
  | { readonly isReady: false; readonly reason: 'NoLiveConfiguration'; readonly detail: string };

export interface ListenerStatus {
  readonly name: string;
  /** `host:port` with the real ports. */
  readonly addresses: readonly string[];
  readonly accepted: number;
  readonly active: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface ProxyStatus {
  readonly version: string;
  readonly pid: number;
  readonly state: 'Starting' | 'NoLiveConfiguration' | 'Ready' | 'Draining';
  /** SHA-256 of the configuration in force. */
  readonly digest: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly configLoadedAt: string;
  readonly connections: { readonly accepted: number; readonly active: number };
  readonly listeners: readonly ListenerStatus[];
  /** What was chosen and what the kernel granted, as in the log line at the start. */
  readonly datapath: Readonly<Record<string, unknown>>;
}

export interface AdminSources {
  readiness(): Readiness;
  status(): ProxyStatus;
  /** The configuration in force; null before the first is. */
  config(): EffectiveConfig | null;
  /** Live configuration; null: the file has no control. */
  control(): ControlStatus | null;
  /** The text format of Prometheus. */
  metrics(): Promise<string>;
}
