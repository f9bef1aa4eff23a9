import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlReport } from '../../src/control/control-report.ts';
import type { ControlResults } from '../../src/control/control-results.ts';
import type { UserScaleResult } from '../../src/control/user-scale.ts';
import type { Measured } from '../../src/run/measured.ts';

const machine = {
  ...{ cpuModel: 'a CPU', cpuCount: 2, memoryGiB: 8, kernel: '6.1', congestionControl: 'cubic', openFilesLimit: 1024 },
  ...{ loadAverage: '0.1 0.2 0.3 1/100 1', date: '2030-01-02T03:04:05.678Z' },
};

function measured<Result>(result: Result): Measured<Result> {
  return { machine, elapsedSeconds: 12.3, result };
}

const times = { count: 200, p50: 5, p90: 6, p99: 7, max: 8.25 };

const scale: UserScaleResult = {
  ...{ users: 100_000, fillSeconds: 9.04, takeoverSeconds: 3, snapshotBytes: null, tableBytes: 2 ** 20 },
  ...{ readyFromNatsSeconds: 2, readyFromDiskSeconds: 1 },
  publisherMemory: { residentMiB: 300, peakMiB: 400 },
  proxyMemory: { residentMiB: 500, peakMiB: 600 },
  proxyMemoryFromDisk: { residentMiB: 1100, peakMiB: 1200 },
  updates: {
    count: 200,
    inForce: times,
    pauses: [
      { atLeastMs: 5, count: 2 },
      { atLeastMs: 10, count: 0 },
    ],
    applyMs: 0.5,
  },
};

test('reports what was measured and leaves the rest out', () => {
  const results: ControlResults = { 'users-100000': measured(scale) };
  const text = controlReport(results);
  assert.match(text, /^- users-100000: 2030-01-02T03:04:05\.678Z, load average before it 0\.1 .*, 12 s in all\.$/mu);
  assert.match(text, /^\| publisher fills an empty bucket \| 9\.0 s \|$/mu);
  assert.match(text, /^\| last good table on disk \| 1\.0 MiB \|$/mu);
  assert.doesNotMatch(text, /## Propagation|## Changes a second/u);
});

test('judges each bar by the worse figure', () => {
  const text = controlReport({ 'users-100000': measured(scale) });
  assert.match(text, /^\| resident memory .* 100 000 users \| 1 024 MiB \| 1 100 MiB \| \*\*miss\*\* \|$/mu);
  assert.match(text, /^\| pauses of its decision isolate .* \| 10 ms \| 2 of 5 ms or more, below 10 ms \| pass \|$/mu);
  const pauses = [
    { atLeastMs: 5, count: 2 },
    { atLeastMs: 10, count: 1 },
    { atLeastMs: 20, count: 0 },
  ];
  const slow = { ...scale, updates: { ...scale.updates, pauses } };
  const missed = controlReport({ 'users-1000000': measured({ ...slow, users: 1_000_000 }) });
  assert.match(missed, /\| 10 ms \| 1 of 10 ms or more, below 20 ms \| \*\*miss\*\* \|$/mu);
});

test('tells what a change costs from what it waited for', () => {
  const updates = { ...scale.updates, ran: { ...times, max: 10.01 }, waited: { ...times, max: 30.2 } };
  const text = controlReport({ 'users-100000': measured({ ...scale, updates }) });
  assert.match(text, /^\| cost of one change: .* in one of 200 \| 10 ms \| 10\.0 ms \| \*\*miss\*\* \|$/mu);
  assert.match(text, /below 10 ms; it waited for a processor up to 30\.2 ms \| pass \|$/mu);
});
