/** Why the state service did not do what was asked, in words for a person. */
import type { Problem } from '@sluice/contract/state-api/problem.ts';

/** It answered with a problem. */
export class StateProblemError extends Error {
  readonly code = 'SLUICE_STATE_PROBLEM';
  override readonly name = 'StateProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** There was no answer, or none that the service gives. */
export class StateUnreachableError extends Error {
  readonly code = 'SLUICE_STATE_UNREACHABLE';
  override readonly name = 'StateUnreachableError';
}
