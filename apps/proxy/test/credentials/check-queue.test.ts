import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CheckQueue } from '../../src/credentials/check-queue.ts';
import { Gate } from './gate.ts';

suite('check queue', () => {
  test('runs as many at once as allowed, the others in the order they came', async () => {
    const queue = new CheckQueue<string>({ maxRunning: 2, maxWaiting: 10 });
    const started: string[] = [];
    const gates = new Map(['a', 'b', 'c', 'd'].map((name) => [name, new Gate()]));
    const results = [...gates].map(([name, gate]) =>
      queue.submit(async () => {
        started.push(name);
        await gate.opened;
        return name;
      }),
    );
    assert.deepEqual(started, ['a', 'b']);
    assert.deepEqual([queue.running, queue.waiting], [2, 2]);
    gates.get('b')?.open();
    assert.equal(await results[1]?.result, 'b');
    assert.deepEqual(started, ['a', 'b', 'c']);
    for (const gate of gates.values()) gate.open();
    for (const [index, name] of [...gates.keys()].entries()) assert.equal(await results[index]?.result, name);
    assert.deepEqual([queue.running, queue.waiting], [0, 0]);
  });

  test('takes nothing more when the line is full, and again when there is room', async () => {
    const queue = new CheckQueue<number>({ maxRunning: 1, maxWaiting: 2 });
    const gate = new Gate();
    const job = async (): Promise<number> => {
      await gate.opened;
      return 1;
    };
    const taken = [queue.submit(job), queue.submit(job), queue.submit(job)];
    assert.equal(queue.submit(job), undefined);
    gate.open();
    for (const queued of taken) assert.equal(await queued?.result, 1);
    assert.equal(await queue.submit(job)?.result, 1);
  });

  test('a job that fails gives its place to the next', async () => {
    const queue = new CheckQueue<number>({ maxRunning: 1, maxWaiting: 2 });
    const failing = queue.submit(() => Promise.reject(new Error('no memory')));
    const next = queue.submit(() => Promise.resolve(2));
    await assert.rejects(failing?.result ?? Promise.resolve(), /no memory/);
    assert.equal(await next?.result, 2);
  });

  test('a job can be withdrawn while it waits, not after', async () => {
    const queue = new CheckQueue<number>({ maxRunning: 1, maxWaiting: 1 });
    const gate = new Gate();
    let withdrawnRan = false;
    const running = queue.submit(async () => {
      await gate.opened;
      return 1;
    });
    const waiting = queue.submit(() => {
      withdrawnRan = true;
      return Promise.resolve(2);
    });
    assert.equal(running?.withdraw(), false);
    assert.equal(waiting?.withdraw(), true);
    assert.equal(waiting.withdraw(), false);
    const third = queue.submit(() => Promise.resolve(3));
    gate.open();
    assert.equal(await third?.result, 3);
    assert.equal(withdrawnRan, false);
  });
});
