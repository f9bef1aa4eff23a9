/**
 * Durations as the Gateway API writes them (GEP-2257): `500ms`, `3s`, `1h30m`. Four parts at most, five digits each,
 * whole numbers, summed whatever their order. Nothing here knows which durations a field allows beyond the upper bound.
 */
import { invalidText, type TextResult, validText } from './text-result.ts';

/** The Gateway API's own pattern, for schemas. */
export const durationPattern = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

/** 24 days: every duration fits the signed 32-bit millisecond timers of engine and runtime. */
export const maxDurationMs: number = 576 * 3_600_000;

const wholePattern = new RegExp(durationPattern);
const partPattern = /([0-9]+)(ms|h|m|s)/g;
const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const remedy = 'write it as 500ms, 3s or 1h30m: whole numbers with h, m, s or ms';

/** Milliseconds of a duration; invalid when it is no GEP-2257 duration or longer than `maxDurationMs`. */
export function parseDuration(text: string): TextResult<number> {
  if (/^[0-9]{1,12}$/.test(text))
    return invalidText('has no unit', `write ${text}s for seconds or ${text}ms for milliseconds`);
  if (!wholePattern.test(text)) return invalidText('is not a duration', remedy);
  let totalMs = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(partPattern)) totalMs += Number(digits) * (unitMs[unit] ?? 0);
  if (totalMs > maxDurationMs) return invalidText('is longer than 576h (24 days)', 'shorten it');
  return validText(totalMs);
}

/** A duration that must last: `0s` is refused. */
export function parsePositiveDuration(text: string): TextResult<number> {
  const parsed = parseDuration(text);
  if (parsed.kind === 'valid' && parsed.value === 0) {
    return invalidText('must be longer than 0s', 'only `idle` may be 0s, which means no limit');
  }
  return parsed;
}

/** The shortest spelling in descending units: 5400000 is `1h30m`, 0 is `0s`. The number must be whole and within the bound. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let restMs = durationMs;
  let text = '';
  for (const [unit, ms] of Object.entries(unitMs)) {
    const count = Math.floor(restMs / ms);
    restMs -= count * ms;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
