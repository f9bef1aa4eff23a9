/** The report's section on the memory of idle connections. Pure. */
import type { MemoryOutcome, MemorySample } from '../run/run-memory-scenario.ts';
import { distribution } from '../statistics/distribution.ts';
import { tableHead, tableRow } from './format-value.ts';
import { bytesPerConnection } from './judge.ts';

/** Lines of Markdown: bytes per connection before and after traffic, and what the process took at the first reading. */
export function memorySection(outcome: MemoryOutcome): readonly string[] {
  const { scenario } = outcome;
  const held = outcome.samples[0]?.connections ?? 0;
  const names = scenario.contestants.filter((name) => outcome.samples.some(({ contestant }) => contestant === name));
  return [
    `### ${scenario.title} (\`${scenario.name}\`)`,
    '',
    `Anonymous and shared memory by share (PSS) of all processes, slope over ${held} relayed connections; traffic: ${scenario.trafficBytes / 1024} KiB each way on every one.`,
    '',
    ...tableHead([
      'contestant',
      'n',
      'bytes/connection idle',
      'after traffic',
      'process at the first reading, MiB',
      'lost',
    ]),
    ...names.map((name) =>
      row(
        name,
        outcome.samples.filter(({ contestant }) => contestant === name),
      ),
    ),
    '',
    ...outcome.absences.map(({ contestant, reason }) => `- not measured: ${contestant}: ${reason.split('\n', 1)[0]}`),
    '',
  ];
}

function row(name: string, samples: readonly MemorySample[]): string {
  const median = (value: (sample: MemorySample) => number): number =>
    distribution(samples.map(value))?.median ?? Number.NaN;
  return tableRow([
    name,
    String(samples.length),
    median((sample) => bytesPerConnection(sample, 'before')).toFixed(0),
    median((sample) => bytesPerConnection(sample, 'after')).toFixed(0),
    (median(({ baseBytes }) => baseBytes) / 2 ** 20).toFixed(1),
    String(samples.reduce((sum, { errors }) => sum + errors, 0)),
  ]);
}
