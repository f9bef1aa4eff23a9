/** The whole report as Markdown. Pure: everything measured goes in, text comes out. */
import type { MachineFacts } from '../machine/machine-facts.ts';
import { ratioText, tableHead, tableRow, threeDigits } from './format-value.ts';
import { isTrafficOutcome, type Judgement, judge, type Outcome } from './judge.ts';
import { memorySection } from './memory-section.ts';
import type { Target } from './targets.ts';
import { trafficSection } from './traffic-section.ts';

export interface ContestantFacts {
  readonly name: string;
  readonly description: string;
  readonly version: string;
}

/** When a part of the report was measured, and what. */
export interface MeasuredPart {
  readonly date: string;
  readonly loadAverage: string;
  readonly elapsedSeconds: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
}

export interface RunFacts {
  readonly machine: MachineFacts;
  /** Absent: one run measured everything. */
  readonly parts?: readonly MeasuredPart[];
  readonly contestants: readonly ContestantFacts[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly seed: number;
  readonly maxForeignCpus: number;
  readonly elapsedSeconds: number;
}

/** Lines of the report, without the last newline. */
export function markdownReport(facts: RunFacts, outcomes: readonly Outcome[], targets: readonly Target[]): string {
  const judgements = targets.map((target) => judge(target, outcomes, facts.maxForeignCpus));
  return [
    '# Measured against peers',
    '',
    'Written by `make bench`. Absolute figures belong to this machine and this run; ratios are taken inside each round.',
    '',
    ...machineLines(facts),
    '',
    ...methodLines(facts),
    '',
    '## Targets',
    '',
    ...tableHead([
      'scenario',
      'what',
      'limit',
      'against',
      'measured [IQR]',
      'machine [IQR]',
      'noise floor',
      'n',
      'verdict',
    ]),
    ...judgements.map(targetRow),
    '',
    '## Scenarios',
    '',
    ...outcomes.flatMap((outcome) => section(outcome, facts.maxForeignCpus)),
    '## Contestants',
    '',
    ...tableHead(['name', 'version', 'configuration']),
    ...facts.contestants.map(({ name, version, description }) => tableRow([name, version, description])),
    '',
  ].join('\n');
}

function section(outcome: Outcome, maxForeignCpus: number): readonly string[] {
  return isTrafficOutcome(outcome) ? trafficSection(outcome, maxForeignCpus) : memorySection(outcome);
}

function machineLines(facts: RunFacts): readonly string[] {
  const { machine } = facts;
  return [
    `- Machine: ${machine.cpuCount} CPUs (${machine.cpuModel}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.congestionControl}, ${machine.openFilesLimit} open files.`,
    ...partsOf(facts, []).map(partLine),
  ];
}

/** The parts of a report; a run of its own is one, of the scenarios given. */
export function partsOf(facts: RunFacts, scenarios: readonly string[]): readonly MeasuredPart[] {
  const { machine, elapsedSeconds, seed } = facts;
  return facts.parts ?? [{ date: machine.date, loadAverage: machine.loadAverage, elapsedSeconds, seed, scenarios }];
}

function partLine({ date, loadAverage, elapsedSeconds, seed, scenarios }: MeasuredPart): string {
  const what = scenarios.length === 0 ? '' : ` (${scenarios.join(', ')})`;
  return `- Run${what}: ${date}, load average before it ${loadAverage}, ${elapsedSeconds.toFixed(0)} s in all, order seed ${seed}.`;
}

function methodLines(facts: RunFacts): readonly string[] {
  return [
    `- ${facts.rounds} rounds of ${facts.seconds} s after ${facts.warmUpSeconds} s of warm-up, and a short run before the first that is not counted; each round measures every contestant once, in shuffled order, the next round in reverse.`,
    '- Client (one thread), origin (one thread) and proxy (one thread or worker) share the machine, on the loopback of an own network namespace.',
    '- *proxy CPU*: the cgroup of the proxy with all its threads and children. *machine*: all CPUs, busy, per unit of work. On loopback the work of the receiver is charged to whoever runs, so a ratio counts only where both agree; **≠ machine** marks where they do not.',
    '- A ratio is the median over rounds of subject / other, [interquartile range], (extremes). Below 1 the subject is cheaper. The noise floor is the same proxy started twice: how far its ratio to itself is from 1, or half its interquartile range.',
    '- Every connection: 517-byte ClientHello, SNI route, connect, 100-byte reply compared byte by byte, close. Round trips compare the echo. What fails is counted and shown.',
    `- Runs in which other tasks kept more than ${facts.maxForeignCpus} CPUs busy are dropped.`,
  ];
}

function targetRow({ target, verdict, measured, machine, against, noiseFloor }: Judgement): string {
  const value = target.kind === 'ratio' ? ratioText(measured) : measured && threeDigits(measured.median);
  const missedBy =
    verdict === 'miss' && measured ? ` by ${((measured.median / target.limit - 1) * 100).toFixed(0)} %` : '';
  return tableRow([
    target.scenario,
    target.text,
    String(target.limit),
    against ?? '–',
    value ?? '–',
    ratioText(machine),
    noiseFloor === undefined ? '–' : `${(noiseFloor * 100).toFixed(1)} %`,
    String(measured?.count ?? 0),
    verdict === 'pass' ? 'pass' : `**${verdict}${missedBy}**`,
  ]);
}
