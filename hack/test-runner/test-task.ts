/** What the test runner runs: one process each, a TypeScript test file or a script of hack/. */

/** The groups that can be asked for by name: `hack/test.sh unit`. */
export const suiteNames = ['unit', 'e2e', 'kube', 'native', 'fuzz'] as const;

export type SuiteName = (typeof suiteNames)[number];

export interface TestTask {
  readonly suite: SuiteName;
  /** The path, relative to the repository. */
  readonly path: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Measures something that others on the machine would disturb: runs when everything else has ended. */
  readonly isAlone: boolean;
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TaskOutcome {
  readonly task: TestTask;
  readonly counts: TestCounts;
  readonly durationMs: number;
  /** What a person needs to see of a failure; empty when all passed. */
  readonly report: string;
}
