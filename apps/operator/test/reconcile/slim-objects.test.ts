import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slimService, slimSlice } from '../../src/reconcile/slim-objects.ts';
import { addressesOf } from '../../src/specs/service-endpoints.ts';

const service = {
  apiVersion: 'v1',
  metadata: { name: 'shop', namespace: 'a', uid: 'u', resourceVersion: '7', annotations: { much: 'text' } },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    ipFamilies: ['IPv4'],
    ports: [{ name: 'web', port: 80, nodePort: 30_000 }],
  },
  status: { loadBalancer: {} },
};
const slice = {
  metadata: {
    ...{ name: 'shop-x', namespace: 'a', uid: 'v', resourceVersion: '8' },
    labels: { 'kubernetes.io/service-name': 'shop', 'app.kubernetes.io/name': 'shop' },
  },
  addressType: 'IPv4',
  endpoints: [
    {
      ...{ addresses: ['10.0.0.1', '10.0.0.2'], nodeName: 'n1', targetRef: { kind: 'Pod', name: 'shop-1' } },
      ...{ conditions: { ready: true }, hints: { forZones: [{ name: 'z' }] } },
    },
  ],
  ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
};

describe('what is kept of Services and EndpointSlices', () => {
  it('gives the same endpoints as the whole', () => {
    const whole = addressesOf(service, [slice], { port: 80 });
    assert.deepEqual(addressesOf(slimService(service), [slimSlice(slice)], { port: 80 }), whole);
    assert.deepEqual(whole, { kind: 'Resolved', endpoints: [{ url: 'tcp://10.0.0.1:8080', zones: ['z'] }] });
  });

  it('leaves out what nobody asks for', () => {
    const kept = JSON.stringify([slimService(service), slimSlice(slice)]);
    for (const word of [
      'much',
      'clusterIP',
      'nodePort',
      'loadBalancer',
      'nodeName',
      'targetRef',
      '10.0.0.2',
      'app.kubernetes.io',
    ])
      assert.ok(!kept.includes(word), word);
    assert.deepEqual(slimService({ metadata: { name: 'x' } }), { metadata: { name: 'x' }, spec: { ports: [] } });
    assert.deepEqual(slimSlice({ metadata: { name: 'x' } }), { metadata: { name: 'x' }, endpoints: [], ports: [] });
  });
});
