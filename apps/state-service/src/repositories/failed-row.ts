/** What an import says of a row that was not taken. */
import type { ImportOutcome } from '../domain/import-row.ts';

export function failedRow(name: string, { code, message }: Error & { readonly code: string }): ImportOutcome {
  return { kind: 'Failed', name, code, message };
}
