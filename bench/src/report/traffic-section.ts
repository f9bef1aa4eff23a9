/** The report's section of one traffic scenario. Pure. */
import type { TrafficOutcome } from '../run/run-traffic-scenario.ts';
import type { Metric, Sample } from '../run/sample.ts';
import { type TrafficMode, unitOf } from '../scenarios/scenario.ts';
import { agrees, compare, floorOf, quietSamples, valuesOf } from './compare.ts';
import { fullRatioText, ratioText, tableHead, tableRow, threeDigits } from './format-value.ts';

const microsecondsPerSecond = 1e6;

/** Lines of Markdown: who was measured, absolute medians, and the subject's paired ratio to each. */
export function trafficSection(outcome: TrafficOutcome, maxForeignCpus: number): readonly string[] {
  const { scenario } = outcome;
  const samples = quietSamples(outcome.samples, maxForeignCpus);
  const [subject] = scenario.contestants;
  const measured = scenario.contestants.filter((name) => samples.some(({ contestant }) => contestant === name));
  return [
    `### ${scenario.title} (\`${scenario.name}\`)`,
    '',
    ...tableHead([...columns(scenario.mode), `proxy CPU: ${subject} to it`, 'together', 'machine', 'rate', 'p99']),
    ...measured.map((name) => row({ samples, mode: scenario.mode, subject, name })),
    '',
    noiseLine(samples),
    ...outcome.absences.map(({ contestant, reason }) => `- not measured: ${contestant}: ${firstLine(reason)}`),
    ...droppedLine(outcome.samples.length - samples.length, maxForeignCpus),
    '',
  ];
}

function columns(mode: TrafficMode): readonly string[] {
  const unit = unitOf(mode);
  const time = unit === 'GB' ? 's' : 'us';
  const rate = unit === 'GB' ? 'Gbit/s' : `${unit}s/s`;
  return [
    'contestant',
    'n',
    `proxy CPU, ${time}/${unit}`,
    'proxy+client+origin',
    'machine',
    rate,
    'p50 us',
    'p99 us',
    'packets',
    'failed',
  ];
}

interface Row {
  readonly samples: readonly Sample[];
  readonly mode: TrafficMode;
  readonly subject: string;
  readonly name: string;
}

function row({ samples, mode, subject, name }: Row): string {
  const own = samples.filter(({ contestant }) => contestant === name);
  const bulk = unitOf(mode) === 'GB';
  const median = (metric: Metric): number => valuesOf(samples, name, metric)?.median ?? Number.NaN;
  const cpu = (metric: Metric): string => threeDigits(median(metric) * (bulk ? 1 : microsecondsPerSecond));
  const latency = (metric: Metric): string => (bulk ? '–' : threeDigits(median(metric) * microsecondsPerSecond));
  return tableRow([
    name,
    String(own.length),
    cpu('proxyCpu'),
    cpu('togetherCpu'),
    cpu('machineBusy'),
    threeDigits(median('rate') * (bulk ? 8 : 1)),
    latency('p50'),
    latency('p99'),
    mode === 'conn' ? threeDigits(median('packets')) : '–',
    String(own.reduce((sum, { errors }) => sum + errors, 0)),
    ...ratioCells(samples, { subject, other: name }, bulk),
  ]);
}

function ratioCells(
  samples: readonly Sample[],
  pair: { readonly subject: string; readonly other: string },
  bulk: boolean,
): readonly string[] {
  if (pair.subject === pair.other) return ['1', '1', '1', '1', '1'];
  const proxy = compare(samples, pair, 'proxyCpu');
  const machine = compare(samples, pair, 'machineBusy');
  const floor = floorOf(samples, 'machineBusy') ?? 0;
  const contradicted = proxy !== undefined && machine !== undefined && !agrees(proxy, machine, floor);
  return [
    fullRatioText(proxy) + (contradicted ? ' **≠ machine**' : ''),
    ratioText(compare(samples, pair, 'togetherCpu')),
    ratioText(machine),
    ratioText(compare(samples, pair, 'rate')),
    bulk ? '–' : ratioText(compare(samples, pair, 'p99')),
  ];
}

function noiseLine(samples: readonly Sample[]): string {
  const percent = (metric: Metric): string => {
    const floor = floorOf(samples, metric);
    return floor === undefined ? 'unknown' : `${(floor * 100).toFixed(1)} %`;
  };
  return `Noise floor: proxy CPU ${percent('proxyCpu')}, machine ${percent('machineBusy')}, rate ${percent('rate')}, p99 ${percent('p99')}.`;
}

function droppedLine(dropped: number, maxForeignCpus: number): readonly string[] {
  return dropped === 0 ? [] : [`- ${dropped} runs dropped: others kept more than ${maxForeignCpus} CPUs busy`];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
