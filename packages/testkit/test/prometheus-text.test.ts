import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrometheusText } from '../src/prometheus-text.ts';

const text = '# TYPE a counter\na{x="1",y="q\\"}"} 2\na{x="2"} 3.5\nb 1e3\n';

test('samples are summed by the labels asked for', () => {
  const metrics = new PrometheusText(text);
  assert.equal(metrics.sum('a'), 5.5);
  assert.equal(metrics.sum('a', { x: '1' }), 2);
  assert.equal(metrics.sum('b'), 1000);
  assert.equal(metrics.sum('c'), 0);
});

test('a line that is no sample is an error', () => {
  assert.throws(() => new PrometheusText('a b c\n'), /not a sample/u);
});
