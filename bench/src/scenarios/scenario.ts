/** What a scenario is: one kind of load and the contestants that are compared under it. Data only. */
import type { Front } from '../peers/peer.ts';

export type TrafficMode = 'conn' | 'down' | 'up' | 'ping';

interface ScenarioBase {
  readonly name: string;
  readonly title: string;
  /** Whose ratio to each of the others is taken; the first of `contestants`. */
  readonly contestants: readonly [string, ...string[]];
  /** Part of a --quick run. */
  readonly quick: boolean;
}

export interface TrafficScenario extends ScenarioBase {
  readonly kind: 'traffic';
  readonly mode: TrafficMode;
  readonly front: Front;
  readonly connections: number;
}

export interface MemoryScenario extends ScenarioBase {
  readonly kind: 'memory';
  /** Connections held at the first and at the second reading; the slope between them is the cost of one. */
  readonly held: readonly [number, number];
  /** Bytes that each then moves to the origin and back before the third reading. */
  readonly trafficBytes: number;
}

export type Scenario = TrafficScenario | MemoryScenario;

/** The unit of work that a traffic scenario's CPU is divided by. */
export function unitOf(mode: TrafficMode): 'connection' | 'GB' | 'round trip' {
  switch (mode) {
    case 'conn':
      return 'connection';
    case 'down':
    case 'up':
      return 'GB';
    case 'ping':
      return 'round trip';
  }
}
