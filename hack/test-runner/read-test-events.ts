/** Reads what event-reporter.ts wrote. Pure. */
import type { TestCounts } from './test-task.ts';

type ReportedEvent =
  | { readonly kind: 'failure'; readonly name: string; readonly line: number; readonly error: string }
  | ({ readonly kind: 'counts' } & TestCounts);

export interface TestEvents {
  /** null: the file ended before it could count. */
  readonly counts: TestCounts | null;
  readonly failures: readonly string[];
}

/** Never fails: lines come from our own reporter, and a file killed while writing leaves at most a broken last one, which is dropped. */
export function readTestEvents(text: string): TestEvents {
  let counts: TestCounts | null = null;
  const failures: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    // The writer is event-reporter.ts, started by us: its lines have this shape.
    const event = JSON.parse(line) as ReportedEvent;
    if (event.kind === 'counts') counts = { passed: event.passed, failed: event.failed, skipped: event.skipped };
    else failures.push(`${event.name} (line ${event.line})\n${event.error}`);
  }
  return { counts, failures };
}
