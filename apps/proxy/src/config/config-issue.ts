/** One thing to say about a configuration file, where it is and what to do: the unit of errors and notes. */
export interface ConfigIssue {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

/** The line that goes to stderr and into `reload rejected`: `file:line:column: message (remedy)`. */
export function formatIssue(issue: ConfigIssue): string {
  return `${issue.file}:${issue.line}:${issue.column}: ${issue.message} (${issue.remedy})`;
}
