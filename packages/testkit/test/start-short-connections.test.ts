/**
 * The load that counts packets must itself cost what a direct connection costs: ten segments.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetworkNamespace } from '../src/network-namespace.ts';
import { countTcpSegments } from '../src/packet-counter.ts';
import { startShortConnections } from '../src/start-short-connections.ts';

test('direct connections are all answered and cost about ten segments each', async (t) => {
  const opened = await openNetworkNamespace(t);
  if (opened.kind === 'notPermitted') {
    t.skip(`no network namespace: ${opened.reason}`);
    return;
  }
  const load = await startShortConnections(t, opened.namespace);
  const before = await countTcpSegments(opened.namespace);
  assert.equal(await load.open(load.origin, 200, 8), 200);
  const segments = ((await countTcpSegments(opened.namespace)) - before) / 200;
  assert.ok(segments > 9 && segments < 11, `${segments} segments`);
});

test('connections that nobody answers are not counted', async (t) => {
  const opened = await openNetworkNamespace(t);
  if (opened.kind === 'notPermitted') {
    t.skip(`no network namespace: ${opened.reason}`);
    return;
  }
  const load = await startShortConnections(t, opened.namespace);
  assert.equal(await load.open({ host: '127.0.0.1', port: 1 }, 5, 2), 0);
});
