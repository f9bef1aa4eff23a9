import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { EventPump } from '../../src/memory/event-pump.ts';

test('hands over in order, also what is pushed from within', async () => {
  const pump = new EventPump();
  const seen: number[] = [];
  pump.push(() => {
    seen.push(1);
    pump.push(() => seen.push(3));
  });
  pump.push(() => seen.push(2));
  assert.deepEqual(seen, []);
  await eventually(() => assert.deepEqual(seen, [1, 2, 3]));
});

test('leaves the loop to others in the middle of many events, and keeps their order', async () => {
  const pump = new EventPump();
  const seen: number[] = [];
  const count = 5_000;
  let seenAtFirstTurn = 0;
  setImmediate(() => {
    seenAtFirstTurn = seen.length;
    pump.push(() => seen.push(count));
  });
  for (let index = 0; index < count; index++) pump.push(() => seen.push(index));
  await eventually(() => assert.equal(seen.length, count + 1));
  assert.ok(seenAtFirstTurn > 0 && seenAtFirstTurn < count, `${seenAtFirstTurn}`);
  assert.deepEqual(
    seen,
    seen.toSorted((left, right) => left - right),
  );
});

test('hands over nothing once closed', async () => {
  const pump = new EventPump();
  const seen: string[] = [];
  pump.push(() => {
    seen.push('first');
    pump.close();
  });
  pump.push(() => seen.push('second'));
  await new Promise<void>((resolve) => void setImmediate(resolve));
  pump.push(() => seen.push('third'));
  await new Promise<void>((resolve) => void setImmediate(resolve));
  assert.deepEqual(seen, ['first']);
});
