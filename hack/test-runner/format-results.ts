/** Words for the results. Pure. */
import { suiteNames, type TaskOutcome, type TestCounts } from './test-task.ts';

const slowestCount = 10;

function addCounts(outcomes: readonly TaskOutcome[]): TestCounts {
  return outcomes.reduce(
    (sum, { counts }) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + counts.failed,
      skipped: sum.skipped + counts.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

function formatCounts(counts: TestCounts): string {
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function formatDuration(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** What went wrong in one task, indented under its path. */
export function formatFailure(outcome: TaskOutcome): string {
  return `FAILED ${outcome.task.path}\n${outcome.report.replaceAll(/^/gm, '  ')}`;
}

/** The slowest tasks, a line for each suite, and at the end the one line that sums up everything. */
export function formatResults(outcomes: readonly TaskOutcome[]): string {
  const slowest = outcomes.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowestCount);
  const ofSuites = suiteNames.flatMap((suite) => {
    const own = outcomes.filter(({ task }) => task.suite === suite);
    const files = `${own.length} ${own.length === 1 ? 'file' : 'files'}`;
    return own.length === 0 ? [] : [`  ${suite.padEnd(8)} ${formatCounts(addCounts(own))} (${files})`];
  });
  return [
    'slowest:',
    ...slowest.map(({ task, durationMs }) => `  ${formatDuration(durationMs).padStart(8)}  ${task.path}`),
    'suites:',
    ...ofSuites,
    formatCounts(addCounts(outcomes)),
  ].join('\n');
}
