import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShutdown, type Shutdown } from '../src/shutdown.ts';

function openShutdown(): { shutdown: Shutdown; calls: string[] } {
  const calls: string[] = [];
  const shutdown = createShutdown({
    onFirst: (signal) => calls.push(`first ${signal}`),
    onSecond: (signal) => calls.push(`second ${signal}`),
  });
  return { shutdown, calls };
}

test('the first signal asks to end, the second to end at once, whichever they are', () => {
  const { shutdown, calls } = openShutdown();
  shutdown.signal('SIGTERM', 0);
  shutdown.signal('SIGINT', 1);
  assert.deepEqual(calls, ['first SIGTERM', 'second SIGINT']);
});

test('two SIGTERM count as two however close they are', () => {
  const { shutdown, calls } = openShutdown();
  shutdown.signal('SIGTERM', 0);
  shutdown.signal('SIGTERM', 0);
  assert.deepEqual(calls, ['first SIGTERM', 'second SIGTERM']);
});

test('one Ctrl-C that arrives twice (terminal and npm) is one signal', () => {
  const { shutdown, calls } = openShutdown();
  shutdown.signal('SIGINT', 100);
  shutdown.signal('SIGINT', 105);
  assert.deepEqual(calls, ['first SIGINT']);
  shutdown.signal('SIGINT', 400);
  assert.deepEqual(calls, ['first SIGINT', 'second SIGINT']);
});

test('ignores what follows the second', () => {
  const { shutdown, calls } = openShutdown();
  for (let nowMs = 0; nowMs < 500; nowMs += 100) shutdown.signal('SIGTERM', nowMs);
  assert.equal(calls.length, 2);
});
