/**
 * Collects what is wrong with (or worth noting about) one file, by character offset, and turns it into issues sorted by
 * position. Keeps the first `maxIssues` in file order and counts the rest, so that a file of errors costs no more than a
 * file.
 */
import type { ConfigIssue } from './config-issue.ts';
import type { LineIndex } from './line-index.ts';

export const maxIssues = 100;

/** Kept between two prunings; far more than `maxIssues`, so that pruning is rare. */
const maxPending = 2000;

export interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly remedy: string;
}

export interface IssueSource {
  readonly file: string;
  readonly lines: LineIndex;
  /** What the issues are called when some are left out: `errors`. */
  readonly plural: string;
}

export class IssueList {
  readonly #source: IssueSource;
  #problems: Problem[] = [];
  #count = 0;

  constructor(source: IssueSource) {
    this.#source = source;
  }

  get count(): number {
    return this.#count;
  }

  add(problem: Problem): void {
    this.#count += 1;
    this.#problems.push(problem);
    // One more than is shown is kept: its position is where the line about the rest points.
    if (this.#problems.length > maxPending) this.#problems = sorted(this.#problems).slice(0, maxIssues + 1);
  }

  /** All issues by position; after the first hundred one that says how many more there are. */
  toIssues(): readonly ConfigIssue[] {
    const problems = sorted(this.#problems);
    const issues = problems.slice(0, maxIssues).map((problem) => this.#toIssue(problem));
    const [next] = problems.slice(maxIssues);
    if (next !== undefined) {
      const message = `${this.#count - maxIssues} more ${this.#source.plural} not shown`;
      issues.push(this.#toIssue({ offset: next.offset, message, remedy: 'deal with those above first' }));
    }
    return issues;
  }

  #toIssue({ offset, message, remedy }: Problem): ConfigIssue {
    return { file: this.#source.file, ...this.#source.lines.positionOf(offset), message, remedy };
  }
}

function sorted(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((left, right) => left.offset - right.offset);
}
