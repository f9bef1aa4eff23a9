/** The reference of a chart's values, for its README. Pure. */
import type { ChartValue, ChartValues } from './chart-values.ts';
import { typeInWords } from './values-schema.ts';

export interface ValuesOfChart {
  readonly title: string;
  /** What its keys begin with in the umbrella; empty: nothing. */
  readonly prefix: string;
  readonly values: ChartValues;
}

/** The reference of a chart and of those inside it. */
export function renderReference(charts: readonly ValuesOfChart[]): string {
  return charts.map(renderChart).join('\n');
}

function renderChart({ title, prefix, values }: ValuesOfChart): string {
  const rows = values.values.map((value) => renderRow(prefix, value));
  return [`### ${title}`, '', '| value | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function renderRow(prefix: string, value: ChartValue): string {
  const name = [...(prefix === '' ? [] : [prefix]), ...value.path].join('.');
  const type = typeInWords(value).replaceAll('|', ' \\| ');
  return `| \`${name}\` | ${type} | ${renderDefault(value.default)} | ${value.description.replaceAll('|', '\\|')} |`;
}

const longestDefault = 60;

/** A long one is left to values.yaml. */
function renderDefault(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longestDefault ? 'see values.yaml' : `\`${text.replaceAll('|', '\\|')}\``;
}
