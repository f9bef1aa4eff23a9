import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOwnHeap, HeapRelief, type HeapReliefConfig } from '../src/heap-relief.ts';

const config: HeapReliefConfig = { lookEveryMs: 1, maxGrowthBytes: 1000, burstBytes: 400, quietLooks: 3 };

function openHeap(liveBytes: number) {
  const heap = {
    live: liveBytes,
    used: liveBytes,
    collections: 0,
    usedBytes: () => heap.used,
    collect: () => {
      heap.collections += 1;
      heap.used = heap.live;
    },
  };
  return heap;
}

test('collects when the heap has grown by the maximum since the last collection', () => {
  const heap = openHeap(5000);
  const relief = new HeapRelief(config, heap);
  for (const used of [5500, 5999]) {
    heap.used = used;
    relief.look();
  }
  assert.equal(heap.collections, 0);
  heap.used = 6000;
  heap.live = 5800;
  relief.look();
  assert.equal(heap.collections, 1);
  heap.used = 6799;
  relief.look();
  assert.equal(heap.collections, 1);
  heap.used = 6800;
  relief.look();
  assert.equal(heap.collections, 2);
});

test('collects once what something large has left behind, when it is over', () => {
  const heap = openHeap(5000);
  const relief = new HeapRelief(config, heap);
  heap.used = 5500;
  heap.live = 4000;
  for (let look = 0; look < 3; look += 1) relief.look();
  assert.equal(relief.collections, 0);
  for (let look = 0; look < 20; look += 1) relief.look();
  assert.equal(relief.collections, 1);
});

test('collects again when what was in use at the last collection may have been let go', () => {
  const heap = openHeap(5000);
  const relief = new HeapRelief(config, heap);
  heap.used = 6000;
  heap.live = 6000;
  relief.look();
  heap.live = 5000;
  for (let look = 0; look < 20; look += 1) relief.look();
  assert.equal(relief.collections, 2);
  assert.equal(heap.used, 5000);
});

test('leaves alone what comes little by little, and what V8 has collected by itself', () => {
  const heap = openHeap(5000);
  const relief = new HeapRelief(config, heap);
  for (const used of [5300, 5600, 5900, 5600, 5300, 5000, 4700, 5000, 5300, 5600]) {
    heap.used = used;
    relief.look();
  }
  assert.equal(heap.collections, 0);
  heap.used = 5700;
  relief.look();
  assert.equal(heap.collections, 1);
});

test('the heap of this isolate is smaller once what it held is let go', () => {
  const heap = createOwnHeap();
  let held: unknown[] = Array.from({ length: 200_000 }, (_, index) => ({ index }));
  heap.collect();
  const before = heap.usedBytes();
  assert.equal(held.length, 200_000);
  held = [];
  heap.collect();
  assert.ok(before - heap.usedBytes() > 4 * 1024 * 1024);
  assert.equal(held.length, 0);
});
