import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkQueueCore, type WorkQueueLimits } from '../../src/queue/work-queue-core.ts';

const limits: WorkQueueLimits = { baseDelayMs: 5, maxDelayMs: 1_000_000, qps: 10, burst: 100, maxKeys: 1_000 };

test('hands a key out once, however often it was added', () => {
  const queue = new WorkQueueCore(limits, 0);
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key, 0);
  assert.equal(queue.depth, 2);
  assert.deepEqual(queue.take(7), { key: 'a', waitedMs: 7 });
  assert.equal(queue.take(7)?.key, 'b');
  assert.equal(queue.take(7), null);
});

test('hands a key that was added while it was out to nobody else, and again afterwards', () => {
  const queue = new WorkQueueCore(limits, 0);
  queue.add('a', 0);
  queue.take(0);
  queue.add('a', 1);
  queue.add('a', 2);
  assert.equal(queue.take(3), null);
  assert.equal(queue.done('a', 10), 10);
  assert.deepEqual(queue.take(11), { key: 'a', waitedMs: 10 });
  queue.done('a', 12);
  assert.equal(queue.take(13), null);
});

test("doubles a key's delay from 5 ms up to 1000 s, until it is forgotten", () => {
  const queue = new WorkQueueCore({ ...limits, qps: 1e9 }, 0);
  const delays: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    queue.addRateLimited('a', 0);
    const dueMs = queue.nextDueMs() ?? 0;
    delays.push(dueMs);
    queue.advance(dueMs);
    queue.take(dueMs);
    queue.done('a', dueMs);
  }
  assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40]);
  assert.equal(delays.at(-1), 1_000_000);
  assert.equal(queue.failures('a'), 20);
  queue.forget('a');
  queue.addRateLimited('a', 0);
  assert.equal(queue.nextDueMs(), 5);
});

test('lets no more than ten retries a second pass after a hundred at once', () => {
  const queue = new WorkQueueCore(limits, 0);
  for (let n = 0; n < 300; n += 1) queue.addRateLimited(`k${n}`, 0);
  queue.advance(1_000);
  // 5 ms are the keys' own; 100 of the burst and ten more have their time within the first second.
  assert.equal(queue.depth, 110);
  queue.advance(20_000);
  assert.equal(queue.depth, 300);
});

test('keeps the earlier of two times, and forgets a time when the key comes at once', () => {
  const queue = new WorkQueueCore(limits, 0);
  queue.addAfter('a', 100, 0);
  queue.addAfter('a', 50, 0);
  queue.addAfter('a', 200, 0);
  assert.equal(queue.nextDueMs(), 50);
  queue.add('a', 10);
  assert.equal(queue.nextDueMs(), null);
  assert.equal(queue.depth, 1);
});

test('refuses what exceeds its maximum, counts it, and still takes the keys it holds', () => {
  const queue = new WorkQueueCore({ ...limits, maxKeys: 2 }, 0);
  assert.equal(queue.add('a', 0), true);
  assert.equal(queue.addAfter('b', 10, 0), true);
  assert.equal(queue.add('c', 0), false);
  assert.equal(queue.addRateLimited('d', 0), false);
  assert.equal(queue.add('b', 0), true);
  assert.equal(queue.dropped, 2);
});

interface Model {
  readonly due: Map<string, number>;
  readonly waiting: Set<string>;
  readonly out: Set<string>;
  readonly again: Set<string>;
}

const command = fc.record({
  kind: fc.constantFrom('add', 'after', 'take', 'done', 'pass'),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  ms: fc.nat(50),
});

test('agrees with a plain model of its rules under any order of calls', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const queue = new WorkQueueCore(limits, 0);
      const model: Model = { due: new Map(), waiting: new Set(), out: new Set(), again: new Set() };
      let nowMs = 0;
      for (const { kind, key, ms } of commands) {
        if (kind === 'pass') nowMs += ms;
        obey(queue, model, { kind, key, ms, nowMs });
        assert.equal(queue.depth, model.waiting.size);
        const earliest = model.due.size === 0 ? null : Math.min(...model.due.values());
        assert.equal(queue.nextDueMs(), earliest);
      }
    }),
    { numRuns: 300 },
  );
});

interface Command {
  readonly kind: string;
  readonly key: string;
  readonly ms: number;
  readonly nowMs: number;
}

function modelAdd({ due, waiting, out, again }: Model, key: string): void {
  if (waiting.has(key) || again.has(key)) return;
  due.delete(key);
  (out.has(key) ? again : waiting).add(key);
}

function obey(queue: WorkQueueCore, model: Model, { kind, key, ms, nowMs }: Command): void {
  const { due, waiting, out, again } = model;
  if (kind === 'add') {
    queue.add(key, nowMs);
    modelAdd(model, key);
  } else if (kind === 'after') {
    queue.addAfter(key, ms + 1, nowMs);
    due.set(key, Math.min(due.get(key) ?? Number.POSITIVE_INFINITY, nowMs + ms + 1));
  } else if (kind === 'take') {
    const [expected] = waiting;
    assert.equal(queue.take(nowMs)?.key, expected);
    if (expected === undefined) return;
    waiting.delete(expected);
    assert.equal(out.has(expected), false);
    out.add(expected);
  } else if (kind === 'done') {
    queue.done(key, nowMs);
    if (out.delete(key) && again.delete(key)) waiting.add(key);
  } else {
    queue.advance(nowMs);
    for (const [timed, at] of [...due].toSorted((a, b) => a[1] - b[1])) {
      if (at > nowMs) continue;
      due.delete(timed);
      modelAdd(model, timed);
    }
  }
}
