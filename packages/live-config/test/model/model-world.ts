/** What all parts of one run of the model share. */
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What is left out on purpose, to show that the model finds what follows. */
export type Weakening = 'Fencing' | 'Snapshots' | 'OneMoment' | 'Telling';

export interface World {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly without: Weakening | null;
  /** Rises and falls with the faults of a run. */
  readonly trouble: { silentLoss: number; lostWatch: number; duplication: number; unknownPut: number };
  /** For the history of a failing run; costs nothing otherwise. */
  readonly note: (line: () => string) => void;
  /** The run ends with the first violation. */
  readonly violated: (what: string) => void;
}
