/** Numbers as the report writes them. Pure. */
import type { Distribution } from '../statistics/distribution.ts';

/** Three significant digits without an exponent. */
export function threeDigits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 6));
}

/** `0.83 [0.80-0.86]`: the median and the interquartile range. */
export function ratioText(ratio: Distribution | undefined): string {
  if (ratio === undefined) return '–';
  return `${ratio.median.toFixed(2)} [${ratio.lowerQuartile.toFixed(2)}-${ratio.upperQuartile.toFixed(2)}]`;
}

/** `0.83 [0.80-0.86] (0.78-0.91)`: the same with the extremes. */
export function fullRatioText(ratio: Distribution | undefined): string {
  if (ratio === undefined) return '–';
  return `${ratioText(ratio)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
}

/** One row of a Markdown table. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The head of a Markdown table, with its rule. */
export function tableHead(cells: readonly string[]): readonly string[] {
  return [tableRow(cells), `|${'---|'.repeat(cells.length)}`];
}
