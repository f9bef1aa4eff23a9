/** An id that the service gave: a segment of an address. Pure. */
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

const idPattern = /^[A-Za-z0-9_-]{1,64}$/u;
const keyShape = /^slc_/u;

export function readId(text: string): string {
  // Not repeated: whoever pastes the key for its id has shown it to enough people.
  if (keyShape.test(text)) throw new UsageError('this is an API key, not the ID of one (see: sluice key list)');
  if (idPattern.test(text)) return text;
  throw new UsageError('this is no ID (see the list command for IDs)');
}
