import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointSliceObject, SliceEndpoint } from '../../src/specs/kube-objects.ts';
import { addressesOf } from '../../src/specs/service-endpoints.ts';

const service = {
  metadata: { name: 'shop', namespace: 'a' },
  spec: {
    ipFamilies: ['IPv4', 'IPv6'],
    ports: [
      { name: 'web', port: 443 },
      { name: 'dns', port: 443, protocol: 'UDP' },
      { name: 'raw', port: 53, protocol: 'UDP' },
    ],
  },
};

function slice(addressType: string, endpoints: readonly SliceEndpoint[], port = 8443): EndpointSliceObject {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'web', port, protocol: 'TCP' },
  ];
  return { metadata: { name: `s-${addressType}-${port}`, namespace: 'a' }, addressType, endpoints, ports };
}

const ready = (address: string): SliceEndpoint => ({ addresses: [address], conditions: { ready: true } });
const ending = (address: string, serving: boolean): SliceEndpoint => ({
  addresses: [address],
  conditions: { ready: false, serving, terminating: true },
});

function urls(slices: readonly EndpointSliceObject[]): readonly string[] | string {
  const found = addressesOf(service, slices, { port: 443 });
  return found.kind === 'Resolved' ? found.endpoints.map(({ url }) => url) : found.reason;
}

describe('endpoints of a Service', () => {
  it('are its ready ones, under the port that each slice has for it', () => {
    const slices = [
      slice('IPv4', [ready('10.0.0.2'), ending('10.0.0.9', true)]),
      slice('IPv4', [ready('10.0.0.1')], 9443),
    ];
    assert.deepEqual(urls(slices), ['tcp://10.0.0.1:9443', 'tcp://10.0.0.2:8443']);
  });

  it('are ready when nothing is said about it', () => {
    assert.deepEqual(urls([slice('IPv4', [{ addresses: ['10.0.0.1'] }])]), ['tcp://10.0.0.1:8443']);
  });

  it('are those that serve while they end, when none is ready', () => {
    const slices = [slice('IPv4', [ending('10.0.0.1', true), ending('10.0.0.2', false)])];
    assert.deepEqual(urls(slices), ['tcp://10.0.0.1:8443']);
  });

  it('are of one family, the first of the Service that has any', () => {
    const six = slice('IPv6', [ready('fd00::1')]);
    assert.deepEqual(urls([six, slice('IPv4', [ready('10.0.0.1')])]), ['tcp://10.0.0.1:8443']);
    assert.deepEqual(urls([six, slice('IPv4', [])]), ['tcp://[fd00::1]:8443']);
    // Slices that somebody made by hand need not have each endpoint in both.
    const away = { addresses: ['10.0.0.1'], conditions: { ready: false } };
    assert.deepEqual(urls([six, slice('IPv4', [away])]), ['tcp://[fd00::1]:8443']);
    assert.deepEqual(urls([six, slice('IPv4', [ending('10.0.0.1', true)])]), ['tcp://[fd00::1]:8443']);
    const withoutPort = { ...slice('IPv4', [ready('10.0.0.1')]), ports: [] };
    assert.deepEqual(urls([six, withoutPort]), ['tcp://[fd00::1]:8443']);
  });

  it('are there once, though a slice hands over to another', () => {
    const notReady = { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } };
    const slices = [slice('IPv4', [notReady]), slice('IPv4', [ready('10.0.0.1')])];
    assert.deepEqual(urls(slices), ['tcp://10.0.0.1:8443']);
  });

  it('carry the zones of their hints', () => {
    const hinted = { ...ready('10.0.0.1'), hints: { forZones: [{ name: 'b' }, { name: 'a' }] } };
    const found = addressesOf(service, [slice('IPv4', [hinted, ready('10.0.0.2')])], { portName: 'web' });
    assert.equal(found.kind, 'Resolved');
    const zones = found.endpoints.map((endpoint) => endpoint.zones);
    assert.deepEqual(zones, [['a', 'b'], null]);
  });

  it('are none of a port that is not there or is not TCP, nor of an external name', () => {
    const unresolved = (wanted: { port?: number; portName?: string }, type?: string): string => {
      const asked = type === undefined ? service : { ...service, spec: { ...service.spec, type } };
      const found = addressesOf(asked, [], wanted);
      return found.kind === 'Resolved' ? 'Resolved' : `${found.reason}: ${found.message}`;
    };
    assert.match(unresolved({ port: 80 }), /^PortNotFound: has no port 80 \(it has 443 \(web\)/);
    assert.match(unresolved({ portName: 'x' }), /^PortNotFound: has no port "x"/);
    assert.match(unresolved({ port: 53 }), /^UnsupportedService: .*UDP/);
    assert.match(unresolved({ port: 443 }, 'ExternalName'), /^UnsupportedService: is of type ExternalName/);
  });
});
