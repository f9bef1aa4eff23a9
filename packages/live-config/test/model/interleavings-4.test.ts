import { it } from 'node:test';
import { checkInterleavings } from './check-interleavings.ts';

it('keeps every proxy on the way the truth went, and brings it to its end: seeds 7500 to 9999', () => {
  checkInterleavings(7500, 2_500);
});
