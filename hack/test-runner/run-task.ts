/**
 * Runs one task to its end in a process group of its own, bounded in time and in what it may print. Whatever the task leaves
 * running is killed with it.
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FinishedProcess, judgeTask } from './judge-task.ts';
import type { TaskOutcome, TestTask } from './test-task.ts';

const maxOutputCharacters = 256 * 1024;
const reporter = join(import.meta.dirname, 'event-reporter.ts');

function killGroup(processId: number | undefined): void {
  if (processId === undefined) return;
  try {
    process.kill(-processId, 'SIGKILL');
  } catch (error) {
    // ESRCH: nothing is left of the group, as it should be.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function commandOf(task: TestTask, eventsPath: string): readonly [string, readonly string[]] {
  if (task.path.endsWith('.sh')) return [task.path, task.args];
  const reporting = [`--test-reporter=${reporter}`, `--test-reporter-destination=${eventsPath}`];
  return [process.execPath, [...reporting, task.path, ...task.args]];
}

export interface RunTaskOptions {
  /** For what the reporter writes. */
  readonly scratchDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

async function runProcess(
  task: TestTask,
  eventsPath: string,
  env: RunTaskOptions['environment'],
): Promise<Omit<FinishedProcess, 'events'>> {
  const startedMs = performance.now();
  const [command, args] = commandOf(task, eventsPath);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  const collect = (chunk: string): void => {
    output = `${output}${chunk}`.slice(-maxOutputCharacters);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  let hasTimedOut = false;
  const timer = setTimeout(() => {
    hasTimedOut = true;
    killGroup(child.pid);
  }, task.timeoutMs);
  const ended = Promise.withResolvers<{ exitCode: number | null; signal: string | null }>();
  child.on('error', ended.reject);
  child.on('exit', () => {
    clearTimeout(timer);
    killGroup(child.pid);
  });
  child.on('close', (exitCode, signal) => {
    ended.resolve({ exitCode, signal });
  });
  return { ...(await ended.promise), hasTimedOut, durationMs: performance.now() - startedMs, output };
}

/** Resolves with the outcome, failed or not; rejects only when the process cannot be started. */
export async function runTask(task: TestTask, options: RunTaskOptions): Promise<TaskOutcome> {
  const eventsPath = join(options.scratchDirectory, `${task.path.replaceAll('/', '_')}.events`);
  await rm(eventsPath, { force: true });
  const finished = await runProcess(task, eventsPath, options.environment);
  const events = await readFile(eventsPath, 'utf8').catch(() => '');
  return judgeTask(task, { ...finished, events });
}
