/**
 * Runs the test suites side by side: TypeScript files, each in a process of its own, in one lane (those that need a Kubernetes
 * API server last, when it is up); the scripts (C++ under sanitizers, fuzz corpora) in another; files named *.alone.test.ts when
 * all else has ended. Exits 1 when anything failed.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { formatFailure, formatResults } from './format-results.ts';
import { searchKubePrograms } from '../../packages/testkit/src/kube/find-kube-programs.ts';
import { serveKube } from '../../packages/testkit/src/kube/serve-kube.ts';
import { type KubeLane, openKubeLane } from './kube-lane.ts';
import { listTasks } from './list-tasks.ts';
import { runTask } from './run-task.ts';
import { suiteNames, type TaskOutcome, type TestTask } from './test-task.ts';

const scratchDirectory = '.cache/test';
const width = availableParallelism() + 1;
// Under another `node --test` the files would report to that one and not to us.
const environment = { ...process.env, NODE_TEST_CONTEXT: undefined };

type Report = (outcome: TaskOutcome) => void;

/** Takes tasks from `queue` until it is empty, one after the other. Several may take from the same queue. */
async function work(
  queue: Iterable<TestTask>,
  report: Report,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const task of queue) {
    report(await runTask(task, { scratchDirectory, environment: { ...environment, ...extra } }));
  }
}

/** One failed test for the whole suite: nothing of it could run. */
function failLane({ line }: KubeLane, task: TestTask): TaskOutcome {
  return { task, counts: { passed: 0, failed: 1, skipped: 0 }, durationMs: 0, report: line };
}

/** Files, each in a process of its own; those of the suite `kube` last, as soon as its server is up. */
async function runFiles(files: readonly TestTask[], openLane: () => Promise<KubeLane>, report: Report): Promise<void> {
  const kubeFiles = files.filter(({ suite }) => suite === 'kube');
  const others = files.filter(({ suite }) => suite !== 'kube').values();
  const [first] = kubeFiles;
  if (first === undefined) {
    await Promise.all(Array.from({ length: width }, () => work(others, report)));
    return;
  }
  const opening = openLane();
  const queue = kubeFiles.values();
  const workBoth = async (): Promise<void> => {
    await work(others, report);
    const lane = await opening;
    if (!lane.hasFailed) await work(queue, report, lane.environment);
  };
  await Promise.all(Array.from({ length: width }, workBoth));
  const lane = await opening;
  if (lane.hasFailed) report(failLane(lane, first));
  await lane.stop();
}

function openLane(): Promise<KubeLane> {
  return openKubeLane({ search: searchKubePrograms, serve: serveKube, report: console.log, patienceMs: 5_000 });
}

async function runAll(tasks: readonly TestTask[]): Promise<readonly TaskOutcome[]> {
  const outcomes: TaskOutcome[] = [];
  const report = (outcome: TaskOutcome): void => {
    outcomes.push(outcome);
    if (outcome.counts.failed > 0) console.log(formatFailure(outcome));
  };
  const together = tasks.filter((task) => !task.isAlone);
  const isScript = (task: TestTask): boolean => task.path.endsWith('.sh');
  const files = together.filter((task) => !isScript(task));
  await Promise.all([runFiles(files, openLane, report), work(together.filter(isScript), report)]);
  await work(
    tasks.filter((task) => task.isAlone),
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
