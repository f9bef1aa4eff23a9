import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noiseFloor } from '../../src/statistics/noise-floor.ts';

const shape = { count: 5, min: 0.8, max: 1.2 };

test('a control that is off centre sets the floor by its bias', () => {
  const floor = noiseFloor({ ...shape, lowerQuartile: 1.03, median: 1.04, upperQuartile: 1.05 });
  assert.ok(Math.abs(floor - 0.04) < 1e-12);
});

test('a control that scatters sets the floor by half of its interquartile range', () => {
  const floor = noiseFloor({ ...shape, lowerQuartile: 0.9, median: 1, upperQuartile: 1.06 });
  assert.ok(Math.abs(floor - 0.08) < 1e-12);
});

test('the floor is the same on either side of 1', () => {
  const above = noiseFloor({ ...shape, lowerQuartile: 1.1, median: 1.1, upperQuartile: 1.1 });
  const below = noiseFloor({ ...shape, lowerQuartile: 0.9, median: 0.9, upperQuartile: 0.9 });
  assert.ok(Math.abs(above - below) < 1e-12);
});
