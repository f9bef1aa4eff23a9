/**
 * Collects what is wrong with (or worth noting about) one file, by character offset, and turns it into issues sorted by
 * position. Keeps the first `maxIssues` in file order and counts the rest, so that a file of errors costs no more than a
 * file.
 */
import type { ConfigIssue } from './config-issue.ts';
import type { LineIndex } from './line-index.ts';

const maxIssues = 100;

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
    if (this.#problems.length > maxPending) this.#problems = sorted(this.#problems).slice(0, maxIssues);
  }

  /** The issues by position, a hundred at most; the last one then says how many were left out. */
  toIssues(): readonly ConfigIssue[] {
    const shown = sorted(this.#problems).slice(0, maxIssues);
    const hiddenCount = this.#count - shown.length;
    return shown.map((problem, index) => {
      const issue = this.#toIssue(problem);
      if (hiddenCount === 0 || index < maxIssues - 1) return issue;
      return { ...issue, remedy: `${issue.remedy}; ${hiddenCount} more ${this.#source.plural} not shown` };
    });
  }

  #toIssue({ offset, message, remedy }: Problem): ConfigIssue {
    return { file: this.#source.file, ...this.#source.lines.positionOf(offset), message, remedy };
  }
}

function sorted(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((left, right) => left.offset - right.offset);
}
