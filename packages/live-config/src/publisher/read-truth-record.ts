/** Checks what the owner of a range wants to publish, as readers will check it. */
import { type ConfigRange, parseResourceKey, rangeOf } from '@sluice/contract/config-key.ts';
import { canonicalJson } from '../digest/canonical-json.ts';
import type { TruthRecord } from './truth.ts';

/** The text of the spec, null of a deletion; undefined: it cannot be published. */
export function readTruthRecord(range: ConfigRange, { key, generation, spec }: TruthRecord): string | null | undefined {
  const named = parseResourceKey(key);
  if (named === null || rangeOf(named.kind) !== range) return undefined;
  if (!Number.isSafeInteger(generation) || generation < 1) return undefined;
  if (spec === null) return null;
  try {
    return canonicalJson(spec);
  } catch {
    return undefined; // nested too deep
  }
}
