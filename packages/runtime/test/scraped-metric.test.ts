import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetricsRegistry } from '../src/metrics.ts';
import { registerScrapedMetric } from '../src/scraped-metric.ts';

test('reads its values at the scrape and escapes label values', async () => {
  const registry = createMetricsRegistry();
  registry.clear();
  let value = 1;
  registerScrapedMetric(registry, {
    name: 'things_total',
    help: 'Things.',
    type: 'counter',
    read: () => [{ labels: { name: 'a"\\\n' }, value }],
  });
  assert.match(await registry.metrics(), /things_total\{name="a\\"\\\\\\n"\} 1\n/u);
  value = 2;
  assert.equal(
    await registry.metrics(),
    '# HELP things_total Things.\n# TYPE things_total counter\nthings_total{name="a\\"\\\\\\n"} 2\n',
  );
});

test('refuses a second metric of the same name', () => {
  const registry = createMetricsRegistry();
  const metric = { name: 'twice', help: 'Twice.', type: 'gauge' as const, read: () => [] };
  registerScrapedMetric(registry, metric);
  assert.throws(() => registerScrapedMetric(registry, metric), /already been registered/u);
});
