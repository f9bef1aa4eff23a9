/**
 * What the engine can say at any moment without asking the decision isolate: the counters in shared memory. The port of
 * the metrics and of `/v1/status`; main.ts implements it over the native facade.
 */

export interface LiveListener {
  readonly name: string;
  /** Since the listener was made. */
  readonly accepted: number;
  readonly active: number;
  /** Received from clients, and sent to them. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Each gauge is exported as `sluice_<name>`. */
export const gaugeHelp = {
  engine_connections_in_use: 'Connections that hold an engine record now.',
  engine_connections_max: 'Connections the engine has room for.',
  engine_slots_in_use: 'Slab slots that hold first bytes now.',
  engine_slots_max: 'Slab slots there are.',
  engine_pipes_in_use: 'Splice pipes that hold bytes in flight now.',
  engine_pipes_max: 'Splice pipes the kernel granted.',
  engine_fds_in_use: 'File descriptors the engine has open.',
  engine_fds_max: 'File descriptors the engine may open, the reserve not counted.',
  decision_pause_seconds: 'The longest time the decision isolate did not run since the start.',
} as const;

export type LiveGauge = keyof typeof gaugeHelp;

export interface LiveSnapshot {
  readonly listeners: readonly LiveListener[];
  /** How often each limit was reached since the start, by the name of the limit. */
  readonly limits: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Partial<Record<LiveGauge, number>>>;
  /** How often the decision isolate did one thing for at least so long, since the start. */
  readonly pauses: readonly { readonly atLeastSeconds: number; readonly count: number }[];
}
