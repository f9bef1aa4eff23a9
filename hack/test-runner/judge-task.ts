/** Turns what a finished process left behind into counts and a report. Pure: whatever cannot be read is a failure, never a pass. */
import { readScriptCounts } from './read-script-counts.ts';
import { readTestEvents } from './read-test-events.ts';
import type { TaskOutcome, TestCounts, TestTask } from './test-task.ts';

export interface FinishedProcess {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly hasTimedOut: boolean;
  readonly durationMs: number;
  readonly output: string;
  /** What event-reporter.ts wrote; empty for scripts. */
  readonly events: string;
}

function problemOf(task: TestTask, process: FinishedProcess, counts: TestCounts | null): string | null {
  if (process.hasTimedOut)
    return `still running after ${task.timeoutMs / 1000} s: an endless wait, or a handle left open`;
  if (counts === null)
    return `ended (exit code ${process.exitCode}, signal ${process.signal}) without saying what it ran`;
  if (counts.passed + counts.failed + counts.skipped === 0) return 'ran no test';
  if (process.exitCode !== 0 && counts.failed === 0) {
    return `ended with exit code ${process.exitCode}, signal ${process.signal}, though no test failed`;
  }
  return null;
}

/** A process with a problem of its own (a hang, a crash, nothing run) counts as one failed test more. */
export function judgeTask(task: TestTask, process: FinishedProcess): TaskOutcome {
  const isScript = task.path.endsWith('.sh');
  const events = readTestEvents(process.events);
  const counts = isScript ? readScriptCounts(process.output) : events.counts;
  const problem = problemOf(task, process, counts);
  const known = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const failed = known.failed + (problem === null ? 0 : 1);
  const report = [...(problem === null ? [] : [problem]), ...events.failures, process.output.trimEnd()];
  return {
    task,
    counts: { ...known, failed },
    durationMs: process.durationMs,
    report: failed === 0 ? '' : report.filter((part) => part !== '').join('\n'),
  };
}
