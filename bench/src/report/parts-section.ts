/** What every report of parts run by themselves begins with: when and where each was measured, and what was promised. Pure. */
import type { Measured } from '../run/measured.ts';
import { tableHead, tableRow } from './format-value.ts';

export interface Bar {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  /** null: nothing was promised. */
  readonly isMet: boolean | null;
}

/** One line for the machine, one for each part that there is, in the order of `names`. */
export function machineLines<Name extends string>(
  names: readonly Name[],
  results: Readonly<Partial<Record<Name, Pick<Measured<unknown>, 'machine' | 'elapsedSeconds'>>>>,
): readonly string[] {
  const parts = names.flatMap((name) => {
    const part = results[name];
    return part === undefined ? [] : [{ name, ...part }];
  });
  const [first] = parts;
  if (first === undefined) return [];
  const { cpuCount, cpuModel, memoryGiB, kernel } = first.machine;
  return [
    `- Machine: ${cpuCount} CPUs (${cpuModel}), ${memoryGiB} GiB, Linux ${kernel}.`,
    ...parts.map(
      ({ name, machine: { date, loadAverage }, elapsedSeconds }) =>
        `- ${name}: ${date}, load average before it ${loadAverage}, ${elapsedSeconds.toFixed(0)} s in all.`,
    ),
  ];
}

export function barsSection(bars: readonly Bar[]): readonly string[] {
  return [
    '## Bars',
    '',
    ...tableHead(['what', 'limit', 'measured', 'verdict']),
    ...bars.map(({ what, limit, measured, isMet }) => tableRow([what, limit, measured, verdictOf(isMet)])),
    '',
  ];
}

function verdictOf(isMet: boolean | null): string {
  if (isMet === null) return '–';
  return isMet ? 'pass' : '**miss**';
}
