import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@sluice/testkit/virtual-clock.ts';
import { Registry } from 'prom-client';
import {
  createController,
  type ControllerConfig,
  type ReconcileFailure,
} from '../../src/controller/create-controller.ts';
import { createKubeMetrics } from '../../src/kube-metrics.ts';
import { type Controller, type Reconcile, TerminalError } from '../../src/port/controller.ts';

interface Running {
  readonly clock: VirtualClock;
  readonly controller: Controller;
  readonly failures: ReconcileFailure[];
  /** Key and time of each reconcile. */
  readonly runs: { readonly key: string; readonly atMs: number }[];
  readonly metric: (name: string) => Promise<string>;
}

function run(
  reconcile: Reconcile,
  config: Partial<ControllerConfig> = {},
  allKeys: () => string[] = () => [],
): Running {
  const clock = new VirtualClock();
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  const failures: ReconcileFailure[] = [];
  const runs: { key: string; atMs: number }[] = [];
  const controller = createController(
    { name: 'things', ...config },
    {
      clock,
      metrics: metrics.controller,
      queueMetrics: metrics.queue,
      reconcile: async (key, signal) => {
        runs.push({ key, atMs: clock.nowMs() });
        return await reconcile(key, signal);
      },
      onFailure: (failure) => failures.push(failure),
      allKeys,
    },
  );
  controller.start();
  const metric = async (name: string): Promise<string> => {
    const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(name));
    return line?.slice(line.lastIndexOf(' ') + 1) ?? 'absent';
  };
  return { clock, controller, failures, runs, metric };
}

const done = { kind: 'Done' } as const;

test('reconciles each key, and counts', async () => {
  const { clock, controller, runs, metric } = run(() => Promise.resolve(done), { maxConcurrent: 1 });
  for (const key of ['a', 'b', 'b']) controller.enqueue(key);
  await clock.advance(0);
  assert.deepEqual(
    runs.map(({ key }) => key),
    ['a', 'b'],
  );
  assert.equal(await metric('controller_runtime_reconcile_total{controller="things",result="success"}'), '2');
  assert.equal(await metric('controller_runtime_max_concurrent_reconciles{controller="things"}'), '1');
  assert.equal(await metric('controller_runtime_active_workers{controller="things"}'), '0');
  assert.equal(await metric('workqueue_depth{name="things",controller="things"}'), '0');
  assert.equal(await metric('workqueue_work_duration_seconds_count{name="things",controller="things"}'), '2');
});

test('has every metric before the first key', async () => {
  const { metric } = run(() => Promise.resolve(done));
  for (const name of ['adds_total', 'retries_total', 'queue_duration_seconds_count', 'work_duration_seconds_count']) {
    assert.equal(await metric(`workqueue_${name}{name="things",controller="things"}`), '0');
  }
});

test('runs no more than allowed at a time, and never one key twice at once', async () => {
  const clock = new VirtualClock();
  const under = new Map<string, number>();
  let most = 0;
  const running = run(
    async (key) => {
      under.set(key, (under.get(key) ?? 0) + 1);
      assert.equal(under.get(key), 1);
      most = Math.max(
        most,
        [...under.values()].reduce((sum, count) => sum + count, 0),
      );
      await new Promise<void>((resolve) => void running.clock.after(100, resolve));
      under.set(key, 0);
      return done;
    },
    { maxConcurrent: 3 },
  );
  for (let n = 0; n < 20; n += 1) running.controller.enqueue(`k${n % 7}`);
  await running.clock.advance(50);
  for (let n = 0; n < 7; n += 1) running.controller.enqueue(`k${n}`);
  await running.clock.advance(5_000);
  assert.equal(most, 3);
  assert.equal(running.failures.length, 0);
  assert.ok(running.runs.length >= 10 && running.runs.length <= 14, String(running.runs.length));
  assert.equal(clock.pending, 0);
});

test('repeats what failed after 5, 10, 20 ms, and starts over after a success', async () => {
  let left = 3;
  const { clock, controller, runs, failures, metric } = run(() => {
    left -= 1;
    if (left >= 0) throw new Error('not yet');
    return Promise.resolve(done);
  });
  controller.enqueue('a');
  await clock.advance(10_000);
  assert.deepEqual(
    runs.map(({ atMs }) => atMs),
    [0, 5, 15, 35],
  );
  assert.deepEqual(
    failures.map((failure) => failure.failures),
    [1, 2, 3],
  );
  left = 1;
  controller.enqueue('a');
  await clock.advance(10_000);
  assert.equal(failures.at(-1)?.failures, 1);
  assert.equal(await metric('controller_runtime_reconcile_errors_total{controller="things"}'), '4');
  assert.equal(await metric('workqueue_retries_total{name="things",controller="things"}'), '4');
});

test('does not repeat a terminal error', async () => {
  const { clock, controller, runs, failures, metric } = run(() =>
    Promise.reject(new TerminalError('the port is taken')),
  );
  controller.enqueue('a');
  await clock.advance(100_000_000);
  assert.equal(runs.length, 1);
  assert.deepEqual([failures[0]?.isTerminal, failures[0]?.isPanic], [true, false]);
  assert.equal(await metric('controller_runtime_terminal_reconcile_errors_total{controller="things"}'), '1');
});

test('counts a defect as a panic, and goes on with the other keys', async () => {
  const { clock, controller, runs, failures, metric } = run((key) => {
    if (key === 'bad') throw new TypeError('x is not a function');
    return Promise.resolve(done);
  });
  for (const key of ['bad', 'good', 'better']) controller.enqueue(key);
  await clock.advance(0);
  assert.deepEqual(
    runs.map(({ key }) => key),
    ['bad', 'good', 'better'],
  );
  assert.equal(failures[0]?.isPanic, true);
  assert.equal(await metric('controller_runtime_reconcile_panics_total{controller="things"}'), '1');
});

test('looks again when a reconcile asks for it', async () => {
  const { clock, controller, runs, metric } = run((_key) =>
    Promise.resolve(runs.length === 1 ? { kind: 'RequeueAfter', delayMs: 60_000 } : done),
  );
  controller.enqueue('a');
  await clock.advance(120_000);
  assert.deepEqual(
    runs.map(({ atMs }) => atMs),
    [0, 60_000],
  );
  assert.equal(await metric('controller_runtime_reconcile_total{controller="things",result="requeue_after"}'), '1');
});

test('tells a reconcile that takes too long, counts it, and repeats it', async () => {
  const { clock, controller, runs, failures, metric } = run(
    async (_key, signal) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    { reconcileTimeoutMs: 1_000 },
  );
  controller.enqueue('a');
  await clock.advance(1_500);
  assert.equal(runs.length, 2);
  assert.match(String(failures[0]?.error), /reconciliation of a took longer than 1000 ms/);
  assert.equal(await metric('controller_runtime_reconcile_timeouts_total{controller="things"}'), '1');
});

test('finishes what is queued when it stops, takes nothing new, and drops what waits for a time', async () => {
  const { clock, controller, runs } = run(
    async () => {
      await new Promise<void>((resolve) => void clock.after(100, resolve));
      return done;
    },
    { maxConcurrent: 1 },
  );
  controller.enqueue('a');
  controller.enqueue('b');
  controller.enqueueAfter('later', 1_000);
  await clock.advance(10);
  let isStopped = false;
  const stopped = controller.stop(new AbortController().signal).then(() => {
    isStopped = true;
  });
  controller.enqueue('c');
  await clock.advance(50);
  assert.equal(isStopped, false);
  await clock.advance(200);
  await stopped;
  await clock.advance(10_000);
  assert.deepEqual(
    runs.map(({ key }) => key),
    ['a', 'b'],
  );
});

test('aborts what runs when its time to stop is over, and does not wait for what ignores that', async () => {
  let wasAborted = false;
  const { clock, controller, runs } = run(
    async (_key, signal) => {
      signal.addEventListener('abort', () => {
        wasAborted = true;
      });
      return await new Promise(() => {});
    },
    { maxConcurrent: 1 },
  );
  controller.enqueue('a');
  controller.enqueue('b');
  await clock.advance(0);
  const drain = new AbortController();
  const stopped = controller.stop(drain.signal);
  drain.abort();
  await clock.advance(2_000);
  await stopped;
  assert.equal(wasAborted, true);
  assert.equal(runs.length, 1);
});

test('leaves nothing behind when its time to stop is over after it has stopped', async () => {
  const { clock, controller } = run(() => Promise.resolve(done));
  const drain = new AbortController();
  await controller.stop(drain.signal);
  drain.abort();
  assert.equal(clock.pending, 0);
});

test('looks at every key once a queue that was full is empty again', async () => {
  const all = Array.from({ length: 6 }, (_, n) => `k${n}`);
  const { clock, controller, runs } = run(
    () => Promise.resolve(done),
    { maxConcurrent: 1, queue: { maxKeys: 3 } },
    () => all.filter((key) => !runs.some((one) => one.key === key)),
  );
  for (const key of all) controller.enqueue(key);
  await clock.advance(100);
  assert.deepEqual(new Set(runs.map(({ key }) => key)), new Set(all));
});
