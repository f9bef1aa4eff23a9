/** The runner against real test files and scripts: whatever a process does, it cannot pass without having run a test. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { runTask } from '../../test-runner/run-task.ts';
import type { TaskOutcome } from '../../test-runner/test-task.ts';

/** Runs `content` as a test file or script of its own and answers with the outcome. */
async function runContent(t: TestContext, name: string, content: string, timeoutMs = 60_000): Promise<TaskOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-runner-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  const environment = { ...process.env, NODE_TEST_CONTEXT: undefined };
  return runTask(
    { suite: 'unit', path, args: [], timeoutMs, isAlone: false },
    { scratchDirectory: directory, environment },
  );
}

const importTest = "import { test, describe } from 'node:test';\n";

describe('runTask', () => {
  it('counts passed, failed and skipped tests, nested ones too, and shows what failed', async (t) => {
    const outcome = await runContent(
      t,
      'mixed.test.ts',
      `${importTest}describe('unit', () => {
        test('holds', () => {});
        test('breaks', () => { throw new Error('the reason'); });
        test.skip('waits', () => {});
      });`,
    );
    assert.deepEqual(outcome.counts, { passed: 1, failed: 1, skipped: 1 });
    assert.match(outcome.report, /breaks \(line 4\)\nError: the reason/);
  });

  it('passes a file whose tests pass, without a report', async (t) => {
    const outcome = await runContent(t, 'good.test.ts', `${importTest}test('holds', () => {});`);
    assert.deepEqual([outcome.counts, outcome.report], [{ passed: 1, failed: 0, skipped: 0 }, '']);
  });

  it('counts a suite that is skipped as a whole as one skipped test, so that its file has not run nothing', async (t) => {
    const content = `${importTest}describe('unit', { skip: 'no server' }, () => { test('a', () => {}); test('b', () => {}); });`;
    const outcome = await runContent(t, 'skipped.test.ts', content);
    assert.deepEqual(outcome.counts, { passed: 0, failed: 0, skipped: 1 });
  });

  it('fails a file without a test', async (t) => {
    const outcome = await runContent(t, 'empty.test.ts', 'export {};');
    assert.equal(outcome.counts.failed, 1);
    assert.match(outcome.report, /without saying what it ran/);
  });

  it('fails a file that does not load, and shows why', async (t) => {
    const outcome = await runContent(t, 'broken.test.ts', "import './absent.ts';");
    assert.equal(outcome.counts.failed, 1);
    assert.match(outcome.report, /ERR_MODULE_NOT_FOUND/);
  });

  it('fails a file that exits in the middle of its tests', async (t) => {
    const outcome = await runContent(t, 'exit.test.ts', `${importTest}test('a', () => { process.exit(0); });`);
    assert.equal(outcome.counts.failed, 1);
  });

  it('ends and fails a file that leaves a handle open', async (t) => {
    const content = `${importTest}test('holds', () => { setInterval(() => {}, 1000); });`;
    const outcome = await runContent(t, 'open.test.ts', content, 1500);
    assert.equal(outcome.counts.failed, 1);
    assert.match(outcome.report, /still running after 1\.5 s/);
  });

  it('fails a script that prints no counts, though it exits with 0', async (t) => {
    const outcome = await runContent(t, 'silent.sh', '#!/bin/sh\necho fine\n');
    assert.equal(outcome.counts.failed, 1);
  });

  it('fails a script that exits with an error though its counts show none', async (t) => {
    const outcome = await runContent(t, 'late.sh', "#!/bin/sh\necho '3 passed, 0 failed'\nexit 1\n");
    assert.deepEqual(outcome.counts, { passed: 3, failed: 1, skipped: 0 });
    assert.match(outcome.report, /exit code 1/);
  });

  it('kills what a script leaves running', async (t) => {
    const outcome = await runContent(t, 'leak.sh', "#!/bin/sh\nsleep 300 &\necho '1 passed, 0 failed'\n", 30_000);
    assert.deepEqual(outcome.counts, { passed: 1, failed: 0, skipped: 0 });
  });
});
