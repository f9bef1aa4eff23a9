/**
 * A reporter for node:test that writes JSON lines for the runner: one for each failed test, one with the counts at the end.
 * A file that dies before its end leaves no counts, and so counts as failed.
 */
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

function formatLine(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * Turns the events of one test file into lines that `readTestEvents` understands.
 * @public node:test loads the default export by path
 */
export default async function* reportEvents(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  // node:test counts the tests of a suite that is skipped as a whole nowhere: it counts as one.
  let skippedSuites = 0;
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.details.type === 'suite' && event.data.skip !== undefined) {
      skippedSuites += 1;
    }
    if (event.type === 'test:fail' && event.data.details.type !== 'suite') {
      const { name, line, details } = event.data;
      yield formatLine({ kind: 'failure', name, line: line ?? 0, error: inspect(details.error.cause) });
    }
    if (event.type === 'test:summary') {
      const { tests, passed, skipped, todo } = event.data.counts;
      const notRun = skipped + todo;
      const failed = tests - passed - notRun;
      yield formatLine({ kind: 'counts', passed, failed, skipped: notRun + skippedSuites });
    }
  }
}
