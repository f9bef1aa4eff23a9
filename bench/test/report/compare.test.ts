import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agrees, floorOf } from '../../src/report/compare.ts';
import type { Sample } from '../../src/run/sample.ts';
import { type Distribution, distribution } from '../../src/statistics/distribution.ts';

function around(median: number): Distribution {
  const found = distribution([median]);
  assert.ok(found);
  return found;
}

test('cgroup and machine agree when both are on the same side of 1', () => {
  assert.equal(agrees(around(0.8), around(0.9), 0), true);
  assert.equal(agrees(around(1.2), around(1.1), 0), true);
  assert.equal(agrees(around(0.8), around(1.1), 0), false);
  assert.equal(agrees(around(1.2), around(0.9), 0), false);
});

test('a machine ratio inside the noise contradicts nothing', () => {
  assert.equal(agrees(around(0.8), around(1.02), 0.03), true);
  assert.equal(agrees(around(0.8), around(1.04), 0.03), false);
});

test('the noise floor comes from the contestant that ran twice', () => {
  const sample = (contestant: string, round: number, proxyCpu: number): Sample => ({
    contestant,
    round,
    errors: 0,
    foreignCpus: 0,
    stealCpus: 0,
    values: { proxyCpu, machineBusy: 1, togetherCpu: 1, rate: 1, p50: 1, p99: 1, p999: 1, packets: 1 },
  });
  const samples = [0, 1, 2].flatMap((round) => [sample('x', round, 110), sample('x-control', round, 100)]);
  assert.equal(floorOf(samples, 'proxyCpu')?.toFixed(3), '0.100');
  assert.equal(
    floorOf(
      samples.filter(({ contestant }) => contestant === 'x'),
      'proxyCpu',
    ),
    undefined,
  );
});
