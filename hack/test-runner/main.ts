/**
 * Runs the test suites side by side: TypeScript files, each in a process of its own, in one lane; the scripts (C++ under
 * sanitizers, fuzz corpora) in another; files named *.alone.test.ts when all else has ended. Exits 1 when anything failed.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { formatFailure, formatResults } from './format-results.ts';
import { listTasks } from './list-tasks.ts';
import { runTask } from './run-task.ts';
import { suiteNames, type TaskOutcome, type TestTask } from './test-task.ts';

const scratchDirectory = '.cache/test';
// Under another `node --test` the files would report to that one and not to us.
const environment = { ...process.env, NODE_TEST_CONTEXT: undefined };

/** Runs `tasks`, at most `width` at once, and hands each outcome to `report` as it comes. */
async function runLane(
  tasks: readonly TestTask[],
  width: number,
  report: (outcome: TaskOutcome) => void,
): Promise<void> {
  const queue = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of queue) report(await runTask(task, { scratchDirectory, environment }));
  };
  await Promise.all(Array.from({ length: width }, work));
}

async function runAll(tasks: readonly TestTask[]): Promise<readonly TaskOutcome[]> {
  const outcomes: TaskOutcome[] = [];
  const report = (outcome: TaskOutcome): void => {
    outcomes.push(outcome);
    if (outcome.counts.failed > 0) console.log(formatFailure(outcome));
  };
  const together = tasks.filter((task) => !task.isAlone);
  const isScript = (task: TestTask): boolean => task.path.endsWith('.sh');
  await Promise.all([
    runLane(
      together.filter((task) => !isScript(task)),
      availableParallelism() + 1,
      report,
    ),
    runLane(together.filter(isScript), 1, report),
  ]);
  await runLane(
    tasks.filter((task) => task.isAlone),
    1,
    report,
  );
  return outcomes;
}

/** Prints `message` and ends: nothing was tested. */
function refuse(message: string): never {
  console.error(message);
  process.exit(64);
}

function planTasks(asked: readonly string[]): readonly TestTask[] {
  const unknown = asked.filter((name) => !suiteNames.some((suite) => suite === name));
  if (unknown.length > 0) refuse(`unknown suite: ${unknown.join(', ')} (known: ${suiteNames.join(', ')})`);
  try {
    return suiteNames.filter((suite) => asked.length === 0 || asked.includes(suite)).flatMap(listTasks);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const tasks = planTasks(process.argv.slice(2));
mkdirSync(scratchDirectory, { recursive: true });
const outcomes = await runAll(tasks);
console.log(formatResults(outcomes));
process.exitCode = outcomes.some((outcome) => outcome.counts.failed > 0) ? 1 : 0;
