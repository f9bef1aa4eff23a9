/** Runs seeds of the model one after the other. A seed that fails is run again to tell its history. */
import assert from 'node:assert/strict';
import { runInterleaving } from './run-interleaving.ts';

/** Of a history, the end tells most. */
const maxLines = 400;
/** As Buffers come out of JSON.stringify. */
const bytes = /\{"0":\d+(?:,"\d+":\d+)*\}/g;

export function checkInterleavings(first: number, count: number): void {
  let changes = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = runInterleaving(seed);
    changes += outcome.changes;
    if (outcome.violation !== null) assert.fail(`seed ${seed}: ${outcome.violation}\n${historyOf(seed)}`);
  }
  // That nothing happens violates nothing.
  assert.ok(changes > 15 * count, `only ${changes} changes`);
}

function historyOf(seed: number): string {
  const { history } = runInterleaving(seed, { isNoted: true });
  return history
    .slice(-maxLines)
    .map((line) => line.replaceAll(bytes, '…'))
    .join('\n');
}
