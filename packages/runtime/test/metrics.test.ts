import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry } from '../src/metrics.ts';

test('exports what every Node process exports, in the text format', async () => {
  const registry = createMetricsRegistry();
  const text = await registry.metrics();
  assert.equal(registry.contentType, 'text/plain; version=0.0.4; charset=utf-8');
  for (const name of ['process_cpu_seconds_total', 'process_open_fds', 'nodejs_eventloop_lag_seconds']) {
    assert.match(text, new RegExp(`^# TYPE ${name} `, 'mu'));
  }
});

test('two registries in one process do not meet', async () => {
  const one = createMetricsRegistry();
  const other = createMetricsRegistry();
  one.clear();
  assert.equal((await one.metrics()).trim(), '');
  assert.match(await other.metrics(), /process_open_fds/u);
});
