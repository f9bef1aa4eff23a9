import { it } from 'node:test';
import { checkInterleavings } from './check-interleavings.ts';

it('keeps every proxy on the way the truth went, and brings it to its end: seeds 2500 to 4999', () => {
  checkInterleavings(2500, 2_500);
});
