import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubePropagationResult } from '../../src/kube/kube-propagation.ts';
import { kubeReport } from '../../src/kube/kube-report.ts';
import type { OperatorFigures } from '../../src/kube/operator-figures.ts';
import type { RouteScaleResult } from '../../src/kube/route-scale.ts';
import { timesOf } from '../../src/kube/times.ts';
import type { Measured } from '../../src/run/measured.ts';

const machine = {
  ...{ cpuModel: 'a CPU', cpuCount: 2, memoryGiB: 8, kernel: '6.1', congestionControl: 'cubic', openFilesLimit: 1024 },
  ...{ loadAverage: '0.1 0.2 0.3 1/100 1', date: '2030-01-02T03:04:05.678Z' },
};

function measured<Result>(result: Result): Measured<Result> {
  return { machine, elapsedSeconds: 12.3, result };
}

const times = timesOf([1, 2, 3, 4, 99.9]);

const propagation: KubePropagationResult = {
  ...{ changes: 500, proxies: 3, rejections: 100 },
  ...{ answered: times, shown: times, inForce: times, programmed: times, apiServer: times, rejected: times },
};

const figures: OperatorFigures = {
  ...{ processorSeconds: 1.5, memory: { residentMiB: 200, peakMiB: 250 }, requests: { GET: 1200, PUT: 3, POST: 0 } },
  ...{ statusesWritten: 0, eventsWritten: 2, eventsLost: 1 },
};

const routes: RouteScaleResult = {
  ...{ routes: 5_000, services: 500, changes: 100, idleSeconds: 20, proxies: 3, change: times },
  first: { publishedSeconds: 2, inForceSeconds: 3.04, shownSeconds: 50, figures },
  restart: { publishedSeconds: 1, figures },
  ...{ idle: figures, changesCost: figures },
};

test('reports what was measured and leaves the rest out', () => {
  const text = kubeReport({ propagation: measured(propagation) });
  assert.match(text, /^- propagation: 2030-01-02T03:04:05\.678Z, load average before it 0\.1 .*, 12 s in all\.$/mu);
  assert.match(text, /^\| the request is answered \| 5 \| 3\.0 \[2\.0-4\.0\] \| 99\.9 \| 99\.9 \| 99\.9 \|$/mu);
  assert.doesNotMatch(text, /## .* routes|other objects/u);
});

test('judges a change by the slower of being in force and being shown', () => {
  assert.match(kubeReport({ propagation: measured(propagation) }), /\| 100 ms \| 99\.9 ms; .* \| pass \|$/mu);
  const slow = timesOf([100]);
  for (const part of ['inForce', 'programmed'] as const) {
    const text = kubeReport({ propagation: measured({ ...propagation, [part]: slow }) });
    assert.match(text, /\| 100 ms \| 100\.0 ms; .* \| \*\*miss\*\* \|$/mu);
  }
});

test('judges rejections by the longest, and misses what was not measured', () => {
  const late = kubeReport({ propagation: measured({ ...propagation, rejected: timesOf([1, 1000]) }) });
  assert.match(late, /\| 1 000 ms \| 1000\.0 ms \| \*\*miss\*\* \|$/mu);
  const none = kubeReport({ propagation: measured({ ...propagation, rejected: undefined }) });
  assert.match(none, /\| 1 000 ms \| NaN ms \| \*\*miss\*\* \|$/mu);
});

test('tells what the operator used, and holds it to writing nothing needlessly', () => {
  const text = kubeReport({ 'routes-5000': measured(routes) });
  assert.match(text, /^\| 5 000 routes: .* every status shown \| – \| 2\.0 s \/ 3\.0 s \/ 50\.0 s \| – \|$/mu);
  assert.match(
    text,
    /^\| at rest, 20 s \| 1\.50 s \| 200 \(250\) MiB \| 1 203 \| GET 1 200, PUT 3 \| 0 \| 2 \(1\) \|$/mu,
  );
  assert.match(text, /^\| statuses written by a restarted operator .* \| 0 \| 0 \| pass \|$/mu);
  const restless = { ...routes, restart: { ...routes.restart, figures: { ...figures, statusesWritten: 7 } } };
  assert.match(kubeReport({ 'routes-5000': measured(restless) }), /\| 0 \| 7 \| \*\*miss\*\* \|$/mu);
});
