/**
 * Reads how many tests a script ran from what it printed. Pure. In order of preference: the last line `N passed, N failed`;
 * otherwise the sums of GoogleTest's closing lines and of libFuzzer's "Done N runs" (one passed test each).
 */
import type { TestCounts } from './test-task.ts';

const plainLine = /^(?:\w+: )?(?<passed>\d+) passed, (?<failed>\d+) failed(?:, (?<skipped>\d+) skipped)?$/gm;

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1] ?? 1), 0);
}

/** The counts, or null when nothing in `text` can be read as such. */
export function readScriptCounts(text: string): TestCounts | null {
  const plain = [...text.matchAll(plainLine)].at(-1)?.groups;
  if (plain !== undefined) {
    return { passed: Number(plain['passed']), failed: Number(plain['failed']), skipped: Number(plain['skipped'] ?? 0) };
  }
  const passed = sum(text, /^\[ {2}PASSED {2}\] (\d+) tests?\./gm) + sum(text, /^Done \d+ runs in \d+ second/gm);
  const failed = sum(text, /^\[ {2}FAILED {2}\] (\d+) tests?, listed below/gm);
  const skipped = sum(text, /^\[ {2}SKIPPED \] (\d+) tests?, listed below/gm);
  return passed + failed + skipped === 0 ? null : { passed, failed, skipped };
}
