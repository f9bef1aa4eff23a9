/** What a reader of texts says, on one line: `= value` or `message (remedy)`. */
import type { TextResult } from '../src/text-result.ts';

export function saidOf(result: TextResult<unknown>): string {
  return result.kind === 'invalid' ? `${result.message} (${result.remedy})` : `= ${JSON.stringify(result.value)}`;
}
