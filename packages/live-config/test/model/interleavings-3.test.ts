import { it } from 'node:test';
import { checkInterleavings } from './check-interleavings.ts';

it('keeps every proxy on the way the truth went, and brings it to its end: seeds 5000 to 7499', () => {
  checkInterleavings(5000, 2_500);
});
