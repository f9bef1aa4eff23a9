/**
 * What every ConfigBus does, as one suite: `src/port/config-bus.ts` sentence by sentence. Memory and the real server are
 * held to it alike, so that what is proved over one holds over the other.
 */
import { testBlobsAndAcks } from './blob-and-ack-contract.ts';
import type { BusImplementation } from './bus-harness.ts';
import { testPutsAndReads } from './put-and-read-contract.ts';
import { testStates } from './state-contract.ts';
import { testWatches } from './watch-contract.ts';

export function testConfigBus(implementation: BusImplementation): void {
  testStates(implementation);
  testPutsAndReads(implementation);
  testWatches(implementation);
  testBlobsAndAcks(implementation);
}
