/** Moments as RFC 3339 writes them: `2027-01-31T12:00:00Z`, with a fraction of a second and an offset if need be. */
import { invalidText, type TextResult, validText } from './text-result.ts';

/** All but the days that a month does not have. */
export const timestampPattern =
  '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$';
const shape = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;

/** As parseTimestamp reads it back. */
export function formatTimestamp(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

/** Unix time in milliseconds; what is below a millisecond is dropped. */
export function parseTimestamp(text: string): TextResult<number> {
  if (!shape.test(text)) return invalidText('is not an RFC 3339 time', 'write e.g. 2027-01-31T12:00:00Z');
  const atMs = Date.parse(text);
  // Date.parse takes 31 February for 3 March: only a day that comes back as itself is one.
  const midnight = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text.slice(0, 10));
  if (Number.isNaN(atMs) || !isDay || text.slice(11, 13) === '24')
    return invalidText('is no moment of the calendar', 'check day, hour, minute, second and offset');
  return validText(atMs);
}
