import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkNamespaces } from '../src/link-namespaces.ts';
import { openNetworkNamespace } from '../src/network-namespace.ts';

test('the two ends of a wire reach each other, and nothing else', async (t) => {
  const [left, right] = [await openNetworkNamespace(t), await openNetworkNamespace(t)];
  if (left.kind === 'notPermitted' || right.kind === 'notPermitted') {
    t.skip('no network namespaces');
    return;
  }
  await linkNamespaces(
    { namespace: left.namespace, address: '9.9.9.1/24' },
    { namespace: right.namespace, address: '9.9.9.9/24' },
  );
  const route = await left.namespace.run('ip', ['route', 'get', '9.9.9.9']);
  assert.match(route.stdout, /9\.9\.9\.9 dev/u);
  assert.notEqual((await left.namespace.run('ip', ['route', 'get', '11.11.11.11'])).code, 0);
});
